#pragma once
// A small bus with a clock that stands still until moved, for the native tests.
#include <retrovue/frame_bus_protocol.h>
#include <retrovue/frame_bus_reader.h>
#include <retrovue/test/runner.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "committer.h"
#include "futex.h"
#include "lane_writer.h"

namespace retrovue::framebus::testing {

inline constexpr std::int64_t kEpochNs = 1'800'000'000'000'000'000;
inline constexpr std::int64_t kSecond = 1'000'000'000;

inline Place placeOfTest() {
  static int made = 0;
  Place place;
  place.prefix = "rvtest-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
  return place;
}

inline BusSpec smallSpec() {
  BusSpec spec;
  spec.engineId = "east";
  spec.channelId = 7;
  spec.width = 34;
  spec.height = 18;
  spec.rateNum = 30'000;
  spec.rateDen = 1'001;
  spec.pixelFormat = RVFB_YUV420P;
  spec.colourRange = 1;
  spec.sampleRate = 48'000;
  spec.channels = 2;
  spec.leadTicks = 8;
  spec.historyTicks = 6;
  spec.mapping = {1, 0, kEpochNs, -kNsPerSecond};
  return spec;
}

inline std::array<std::uint8_t, 16> segment(std::uint8_t id) {
  std::array<std::uint8_t, 16> bytes;
  bytes.fill(id);
  return bytes;
}

/// Reads with the C reader, as any program would.
struct Reader {
  rvfb_reader* raw = nullptr;
  explicit Reader(const std::string& path, const char* name = "test") {
    status = rvfb_reader_open(path.c_str(), name, &raw);
  }
  ~Reader() { rvfb_reader_close(raw); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  rvfb_status status;

  rvfb_status read(std::int64_t tick, rvfb_frame& frame) const { return rvfb_reader_read(raw, tick, &frame); }
  rvfb_frame mustRead(std::int64_t tick) const {
    rvfb_frame frame{};
    REQUIRE(rvfb_reader_wait(raw, tick, 20 * kSecond) == RVFB_OK);
    const rvfb_status result = read(tick, frame);
    if (result != RVFB_OK) test::report("mustRead", static_cast<int>(tick), rvfb_status_text(result));
    REQUIRE(result == RVFB_OK);
    return frame;
  }
};

struct Bench {
  Place place;
  BusSpec spec;
  HouseGrid grid;
  std::unique_ptr<Committer> committer;
  std::int64_t now = 0;
  std::int64_t first = 0;
  std::uint64_t sequence = 1;

  Bench() : Bench(smallSpec()) {}
  explicit Bench(const BusSpec& with, const Place& at = placeOfTest())
      : Bench(with, at, mustMake(with, at)) {}
  Bench(const BusSpec& with, const Place& at, std::unique_ptr<Committer> made)
      : place(at), spec(with), grid(with.grid()), committer(std::move(made)) {
    now = grid.tickAtOrBefore(spec.mapping.houseAnchor);
    first = now + 4;
    committer->setPolicy({3, StandInKind::slate});
    std::vector<Expectation> plan(1);
    plan[0].firstTick = first;
    plan[0].segmentId = segment(0xaa);
    plan[0].planRevision = 7;
    plan[0].assetUri = "/media/a.mkv";
    plan[0].assetTitle = "A";
    committer->expect(std::move(plan));
  }

  static std::unique_ptr<Committer> mustMake(const BusSpec& spec, const Place& at) {
    auto made = Committer::create(spec, at, nullptr);
    if (!made) test::report("create", 0, made.failure().message);
    REQUIRE(made);
    return std::move(*made);
  }

  std::string path() const {
    return place.directory + "/" + busName(place.prefix, spec.engineId, spec.channelId);
  }

  std::unique_ptr<LaneWriter> openLane() {
    auto ticket = committer->openLane();
    REQUIRE(ticket);
    auto writer = LaneWriter::open(path(), ticket->path, ticket->lane);
    if (!writer) test::report("openLane", 0, writer.failure().message);
    REQUIRE(writer);
    return std::move(*writer);
  }

  /// Moves the clock so that `tick` is on air.
  void moveTo(std::int64_t tick) { moveToTime(grid.tickTime(tick)); }
  void moveToTime(std::int64_t house) { committer->setMapping({++sequence, 0, house, -kNsPerSecond}); }
  void moveToGuardOf(std::int64_t tick) {
    moveToTime(grid.tickTime(tick) - static_cast<std::int64_t>(committer->header().guard_ns));
  }
};

inline std::uint32_t mustLoan(LaneWriter& lane) {
  for (int i = 0; i < 200; ++i) {
    const std::uint32_t word = lane.word();
    if (auto buffer = lane.loan()) {
      lane.wantBuffer(false);
      return *buffer;
    }
    lane.wantBuffer(true);
    lane.wait(word, monoNow() + 100'000'000);
  }
  REQUIRE(!"a loan within 20 s");
  return 0;
}

inline std::byte* pixelsOf(LaneWriter& lane, std::uint32_t buffer) {
  return lane.pictures()->at(std::uint64_t{buffer} * lane.header().format.picture_bytes);
}

inline std::uint8_t shadeOf(std::int64_t tick) {
  return static_cast<std::uint8_t>(130 + tick % 97);
}
inline float sampleOf(std::uint64_t index, std::uint32_t channel) {
  return static_cast<float>(index % 8191 + 1) / (channel == 0 ? 8192.0f : -8192.0f);
}

struct SubmitOptions {
  bool sound = true;
  std::uint32_t flags = 0;
  std::uint32_t reason = 0;
  std::uint64_t assetKey = 1;
  std::string uri = "/media/a.mkv";
  std::string title = "A";
  std::uint32_t samplesWrongBy = 0;
  /// In place of the tick's first sample in each channel.
  std::optional<float> firstSample = std::nullopt;
};

/// Puts a submission together at the lane's next place. False if the lane is full.
inline bool submit(LaneWriter& lane, const HouseGrid& grid, std::int64_t tick, std::uint32_t buffer,
                   const SubmitOptions& options = {}) {
  std::byte* const place = lane.place();
  if (place == nullptr) return false;
  auto* s = reinterpret_cast<rvfb_submission*>(place);
  std::memset(&s->head, 0, sizeof s->head);
  s->head.tick = tick;
  s->head.buffer = buffer;
  s->head.flags = options.flags;
  s->head.stand_in_reason = options.reason;
  s->head.media_time_ns = tick * 1000;
  s->head.source_index = tick;
  std::memset(s->head.segment_id, 0xaa, sizeof s->head.segment_id);
  s->head.plan_revision = 7;
  s->head.asset_key = options.assetKey;
  s->head.uri_bytes = static_cast<std::uint32_t>(options.uri.size());
  s->head.title_bytes = static_cast<std::uint32_t>(options.title.size());
  std::memcpy(s->uri, options.uri.data(), options.uri.size());
  std::memcpy(s->title, options.title.data(), options.title.size());
  std::memcpy(s->head.plane_offset, lane.header().format.plane_offset, sizeof s->head.plane_offset);
  if (options.sound) {
    s->head.has_sound = 1;
    s->head.sample_count = grid.samplesIn(tick) + options.samplesWrongBy;
    for (std::uint32_t c = 0; c < lane.shape().channels; ++c) {
      float* into = lane.sound(place, c);
      for (std::uint32_t i = 0; i < grid.samplesIn(tick); ++i) into[i] = sampleOf(grid.sampleAt(tick) + i, c);
      if (options.firstSample) into[0] = *options.firstSample;
    }
  }
  lane.submit();
  return true;
}

/// Borrows, fills, hands over and releases.
inline void submitPainted(LaneWriter& lane, const HouseGrid& grid, std::int64_t tick,
                          const SubmitOptions& options = {}) {
  const std::uint32_t buffer = mustLoan(lane);
  std::memset(pixelsOf(lane, buffer), shadeOf(tick), lane.header().format.picture_bytes);
  REQUIRE(submit(lane, grid, tick, buffer, options));
  lane.release(buffer, false);
}

/// Waits for the next refusal.
inline rvfb_refusal mustBeRefused(LaneWriter& lane) {
  for (int i = 0; i < 200; ++i) {
    const std::uint32_t word = lane.word();
    if (auto refusal = lane.nextRefusal()) return *refusal;
    lane.wait(word, monoNow() + 100'000'000);
  }
  REQUIRE(!"a refusal within 20 s");
  return {};
}

}  // namespace retrovue::framebus::testing
