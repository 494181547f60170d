// Real threads on the real memory, for the thread sanitizer and for luck: a worker that runs at full speed,
// readers that check every word of what they are told is whole.
#include <atomic>
#include <thread>

#include "bench.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

constexpr int kTicks = 3000;

/// One reader: follows the head, and answers how many ticks it read whole.
int followAll(const Bench& bench, std::int64_t last) {
  Reader reader(bench.path());
  REQUIRE(reader.status == RVFB_OK);
  int whole = 0;
  std::int64_t tick = bench.first;
  std::vector<float> left(2048), right(2048);
  float* into[2] = {left.data(), right.data()};
  while (tick <= last) {
    const rvfb_status waited = rvfb_reader_wait(reader.raw, tick, 30 * kSecond);
    if (waited != RVFB_OK) {
      retrovue::test::report("followAll", static_cast<int>(tick - bench.first), rvfb_status_text(waited));
      return whole;
    }
    rvfb_frame frame;
    const rvfb_status status = reader.read(tick, frame);
    if (status == RVFB_OVERRUN) {
      tick = std::max(tick + 1, rvfb_reader_oldest(reader.raw));
      continue;
    }
    if (status != RVFB_OK) {
      retrovue::test::report("followAll", static_cast<int>(tick - bench.first), rvfb_status_text(status));
      return whole;
    }
    CHECK_EQ(frame.slot.tick, tick);
    CHECK_EQ(frame.slot.sample_start, bench.grid.sampleAt(tick));
    bool same = true;
    // Loaded one at a time: the worker may be drawing on the buffer again, and the verdict below says so.
    const auto* pixels = reinterpret_cast<const std::uint64_t*>(frame.planes[0]);
    for (int i = 0; i < 64; ++i) {
      same = same && __atomic_load_n(pixels + i, __ATOMIC_RELAXED) == 0x0101010101010101u * shadeOf(tick);
    }
    if (rvfb_reader_intact(reader.raw, &frame.slot)) {
      if (!same)
        retrovue::test::report("followAll", static_cast<int>(tick - bench.first), "torn picture not told");
      ++whole;
    }
    if (rvfb_reader_sound(reader.raw, &frame.slot, into, 2)) {
      for (std::uint32_t i = frame.slot.silent_samples; i < frame.slot.sample_count; ++i) {
        if (left[i] != sampleOf(frame.slot.sample_start + i, 0)) {
          retrovue::test::report("followAll", static_cast<int>(tick - bench.first),
                                 "overwritten sound not told");
          break;
        }
      }
    }
    rvfb_asset asset;
    if (rvfb_reader_asset(reader.raw, &frame.slot, &asset) == RVFB_OK) {
      CHECK_EQ(std::string(asset.title, asset.title_bytes), std::to_string(tick % 7));
    }
    ++tick;
  }
  return whole;
}

}  // namespace

TEST("bus/no-reader-is-told-a-lie-at-full-speed") {
  Bench bench;
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const std::int64_t last = bench.first + kTicks - 1;
  std::atomic<int> whole = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back([&] { whole += followAll(bench, last); });
  for (std::int64_t tick = bench.first; tick <= last; ++tick) {
    bench.moveTo(tick - 4);
    const std::uint32_t buffer = mustLoan(*lane);
    auto* pixels = reinterpret_cast<std::uint64_t*>(pixelsOf(*lane, buffer));
    const std::uint64_t words = lane->header().format.picture_bytes / 8;
    for (std::uint64_t i = 0; i < words; ++i) {
      __atomic_store_n(pixels + i, 0x0101010101010101u * shadeOf(tick), __ATOMIC_RELAXED);
    }
    SubmitOptions options;
    options.assetKey = static_cast<std::uint64_t>(tick);
    options.title = std::to_string(tick % 7);
    while (!submit(*lane, bench.grid, tick, buffer, options)) std::this_thread::yield();
    lane->release(buffer, false);
  }
  for (auto& reader : readers) reader.join();
  CHECK_EQ(bench.committer->head(), last);
  const auto counters = bench.committer->counters();
  CHECK_EQ(counters.committed, std::uint64_t{kTicks});
  // The manual clock is never behind the worker, so nothing may have stood in.
  CHECK_EQ(counters.holds + counters.slates + counters.blacks, 0u);
  CHECK(whole > 0);
}

TEST("bus/mapping-is-read-whole-while-it-changes") {
  Bench bench;
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    Reader own(bench.path());
    std::int64_t before = 0;
    while (!stop) {
      rvfb_mapping mapping;
      rvfb_reader_mapping(own.raw, &mapping);
      if (mapping.sequence > 1)
        CHECK_EQ(mapping.house_anchor, kEpochNs + static_cast<std::int64_t>(mapping.sequence));
      const std::int64_t now = rvfb_reader_now(own.raw);
      CHECK(now >= before);
      before = now;
    }
  });
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t sequence = ++bench.sequence;
    bench.committer->setMapping({sequence, 0, kEpochNs + static_cast<std::int64_t>(sequence), -kNsPerSecond});
  }
  stop = true;
  reader.join();
}
