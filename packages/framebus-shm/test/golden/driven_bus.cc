#include "driven_bus.h"

#include <retrovue/frame_bus_protocol.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "futex.h"

namespace retrovue::framebus::golden {
namespace {

/// Whatever takes longer than this is a fault: nothing here waits for more than another thread.
constexpr std::int64_t kPatienceNs = 30 * kNsPerSecond;

}  // namespace

void giveUp(const std::string& why) {
  std::fprintf(stderr, "golden_bus: %s\n", why.c_str());
  std::exit(1);
}

DrivenBus::DrivenBus(const BusSpec& spec, const Place& place)
    : spec_(spec),
      grid_(spec.grid()),
      path_(place.directory + "/" + busName(place.prefix, spec.engineId, spec.channelId)) {
  auto committer = Committer::create(spec, place, nullptr);
  if (!committer) giveUp(committer.failure().message);
  committer_ = std::move(*committer);
  auto ticket = committer_->openLane();
  if (!ticket) giveUp(ticket.failure().message);
  auto lane = LaneWriter::open(path_, ticket->path, ticket->lane);
  if (!lane) giveUp(lane.failure().message);
  lane_ = std::move(*lane);
}

void DrivenBus::start(std::int64_t first) {
  committer_->start(first);
}

void DrivenBus::stopClockAt(std::int64_t house) {
  committer_->setMapping({++mappings_, 0, house, -kNsPerSecond});
}

std::int64_t DrivenBus::guardTimeOf(std::int64_t tick) const {
  return grid_.tickTime(tick) - static_cast<std::int64_t>(header().guard_ns);
}

std::uint32_t DrivenBus::loan() {
  const std::int64_t until = monoNow() + kPatienceNs;
  while (monoNow() < until) {
    const std::uint32_t word = lane_->word();
    if (const auto buffer = lane_->loan()) {
      lane_->wantBuffer(false);
      return *buffer;
    }
    lane_->wantBuffer(true);
    lane_->wait(word, until);
  }
  giveUp("no buffer was lent");
}

void DrivenBus::paint(std::uint32_t buffer, std::int64_t tick) {
  const rvfb_format& f = header().format;
  std::byte* const picture = lane_->pictures()->at(std::uint64_t{buffer} * f.picture_bytes);
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    for (std::uint32_t y = 0; y < f.plane_rows[p]; ++y) {
      std::byte* const row = picture + f.plane_offset[p] + std::uint64_t{y} * f.plane_stride[p];
      for (std::uint32_t x = 0; x < f.plane_stride[p]; ++x)
        row[x] = static_cast<std::byte>(pixelOf(tick, p, y, x));
    }
  }
}

void DrivenBus::hand(const Handed& handed) {
  std::byte* const place = lane_->place();
  if (place == nullptr) giveUp("the lane is full");
  auto* const s = reinterpret_cast<rvfb_submission*>(place);
  rvfb_submission_head& head = s->head;
  std::memset(&head, 0, sizeof head);
  head.tick = handed.tick;
  head.buffer = handed.buffer;
  head.flags = handed.flags;
  head.stand_in_reason = handed.reason;
  head.decoder_index = handed.decoder;
  head.media_time_ns = handed.mediaTimeNs;
  head.source_pts = handed.sourcePts;
  head.source_tb_num = handed.sourceTbNum;
  head.source_tb_den = handed.sourceTbDen;
  head.source_index = handed.sourceIndex;
  std::memset(head.segment_id, handed.segment, sizeof head.segment_id);
  head.plan_revision = handed.planRevision;
  head.decode_ns = handed.decodeNs;
  head.silent_samples = handed.silentSamples;
  head.asset_key = handed.assetKey;
  head.uri_bytes = static_cast<std::uint32_t>(handed.uri.size());
  head.title_bytes = static_cast<std::uint32_t>(handed.title.size());
  std::memcpy(s->uri, handed.uri.data(), handed.uri.size());
  std::memcpy(s->title, handed.title.data(), handed.title.size());
  const rvfb_format& f = header().format;
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    head.plane_offset[p] =
        f.plane_offset[p] + std::uint64_t{handed.cropRows} * f.plane_stride[p] + handed.cropBytes;
  }
  std::uint32_t at = 0;
  for (const auto& record : handed.ancillary) {
    const rvfb_ancillary label{record.kind, static_cast<std::uint16_t>(record.bytes.size())};
    const auto padded = static_cast<std::uint32_t>((record.bytes.size() + 3) / 4 * 4);
    if (at + sizeof label + padded > RVFB_ANCILLARY_BYTES) giveUp("too much ancillary data");
    std::memset(s->ancillary + at, 0, sizeof label + padded);
    std::memcpy(s->ancillary + at, &label, sizeof label);
    std::memcpy(s->ancillary + at + sizeof label, record.bytes.data(), record.bytes.size());
    at += static_cast<std::uint32_t>(sizeof label) + padded;
  }
  head.ancillary_bytes = at;
  if (handed.sound) {
    head.has_sound = 1;
    head.sample_count = grid_.samplesIn(handed.tick);
    for (std::uint32_t c = 0; c < spec_.channels; ++c) {
      float* const into = lane_->sound(place, c);
      for (std::uint32_t i = 0; i < head.sample_count; ++i)
        into[i] = sampleOf(grid_.sampleAt(handed.tick) + i, c);
    }
    if (handed.notFinite) {
      lane_->sound(place, 0)[5] = std::numeric_limits<float>::quiet_NaN();
      lane_->sound(place, 0)[6] = -std::numeric_limits<float>::infinity();
    }
  }
  lane_->submit();
}

void DrivenBus::waitForTick(std::int64_t tick) {
  const std::int64_t until = monoNow() + kPatienceNs;
  std::uint32_t word = 0;
  while (!rvfb_head_reached(&header().head_tick, &header().futex_word, tick, &word)) {
    if (monoNow() >= until) giveUp("tick " + std::to_string(tick) + " was not committed");
    futexWait(&header().futex_word, word, until);
  }
}

void DrivenBus::air(Handed handed) {
  handed.buffer = loan();
  paint(handed.buffer, handed.tick);
  hand(handed);
  release(handed.buffer);
  waitForTick(handed.tick);
}

}  // namespace retrovue::framebus::golden
