#include <numeric>

#include "measure.h"

namespace retrovue::framebus::benching {

using namespace testing;

namespace {

constexpr int kFrames = 60;

std::uint64_t sumOf(const std::byte* bytes, std::uint64_t count) {
  const auto* words = reinterpret_cast<const std::uint64_t*>(bytes);
  return std::accumulate(words, words + count / 8, std::uint64_t{0});
}

}  // namespace

double fillMbps() {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const Reader reader(bench.path());
  const std::uint64_t bytes = lane->header().format.picture_bytes;
  const std::vector<std::byte> source(bytes, std::byte{77});
  std::int64_t spent = 0;
  for (int i = 0; i < kFrames; ++i) {
    bench.moveTo(bench.first + i - 4);
    const std::uint32_t buffer = mustLoan(*lane);
    letSleep();
    const std::int64_t began = monoNow();
    std::memcpy(pixelsOf(*lane, buffer), source.data(), bytes);
    spent += monoNow() - began;
    REQUIRE(submit(*lane, bench.grid, bench.first + i, buffer));
    lane->release(buffer, false);
    reader.mustRead(bench.first + i);
  }
  return static_cast<double>(bytes) * kFrames / 1e6 / (static_cast<double>(spent) / 1e9);
}

double busFrameUs(bool read) {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const std::uint64_t bytes = lane->header().format.picture_bytes;
  const std::vector<std::byte> source(bytes, std::byte{77});
  const SharedBytes shared(4096 + kFrames * sizeof(std::int64_t));
  auto* const ready = shared.as<std::uint32_t>();
  auto* const had = reinterpret_cast<std::int64_t*>(shared.as<std::byte>() + 4096);
  std::vector<std::int64_t> began;
  Children reader(1, ready, [&](int) {
    const Reader own(bench.path());
    __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < kFrames; ++i) {
      rvfb_frame frame;
      if (rvfb_reader_wait(own.raw, bench.first + i, 20 * kSecond) != RVFB_OK) return;
      if (own.read(bench.first + i, frame) != RVFB_OK) return;
      if (read && sumOf(reinterpret_cast<const std::byte*>(frame.planes[0]), bytes) == 1) return;
      had[i] = monoNow();
    }
  });
  for (int i = 0; i < kFrames; ++i) {
    bench.moveTo(bench.first + i - 4);
    const std::uint32_t buffer = mustLoan(*lane);
    std::memcpy(pixelsOf(*lane, buffer), source.data(), bytes);
    for (int rest = 0; rest < 6; ++rest) letSleep();
    began.push_back(monoNow());
    REQUIRE(submit(*lane, bench.grid, bench.first + i, buffer, {.sound = false}));
    lane->release(buffer, false);
  }
  reader.wait();
  std::vector<double> each;
  for (int i = 0; i < kFrames; ++i)
    each.push_back(static_cast<double>(had[i] - began[static_cast<std::size_t>(i)]) / 1000);
  return quantile(each, 0.5);
}

}  // namespace retrovue::framebus::benching
