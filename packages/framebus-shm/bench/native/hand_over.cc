#include "measure.h"

namespace retrovue::framebus::benching {

using namespace testing;

namespace {
constexpr int kWakes = 400;
constexpr int kRounds = 120;
constexpr int kReaders = 16;
}  // namespace

WakeTimes busWakeUs() {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const std::uint32_t buffer = mustLoan(*lane);
  const SharedBytes shared(4096 + kWakes * sizeof(double));
  auto* const ready = shared.as<std::uint32_t>();
  auto* const times = reinterpret_cast<double*>(shared.as<std::byte>() + 4096);
  Children reader(1, ready, [&](int) {
    const Reader own(bench.path());
    __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < kWakes; ++i) {
      if (rvfb_reader_wait(own.raw, bench.first + i, 20 * kSecond) != RVFB_OK) return;
      const std::int64_t awake = monoNow();
      rvfb_frame frame;
      // Asleep for so long that the tick is gone, as on a machine that others keep busy: not a wake to be
      // timed.
      if (own.read(bench.first + i, frame) != RVFB_OK) continue;
      times[i] = static_cast<double>(awake - frame.slot.commit_mono_ns) / 1000;
    }
  });
  for (int i = 0; i < kWakes; ++i) {
    bench.moveTo(bench.first + i - 4);
    letSleep();
    REQUIRE(submit(*lane, bench.grid, bench.first + i, buffer));
  }
  reader.wait();
  std::vector<double> all(times, times + kWakes);
  std::erase(all, 0.0);
  return {quantile(all, 0.5), quantile(all, 0.9)};
}

double wakeOf16Us() {
  const auto costs = [](int readers) {
    Bench bench(fullSpec());
    bench.committer->start(bench.first);
    const SharedBytes shared(4096);
    auto* const ready = shared.as<std::uint32_t>();
    std::vector<double> each;
    Children children(readers, ready, [&](int) {
      const Reader own(bench.path());
      __atomic_fetch_add(ready, 1, __ATOMIC_SEQ_CST);
      for (int i = 0; i < kRounds; ++i) {
        if (rvfb_reader_wait(own.raw, bench.first + i, 20 * kSecond) != RVFB_OK) return;
      }
    });
    for (int i = 0; i < kRounds; ++i) {
      for (int rest = 0; rest <= readers / 4; ++rest) letSleep();
      const double began = cpuNs();
      bench.moveToGuardOf(bench.first + i);
      each.push_back((cpuNs() - began) / 1000);
    }
    children.wait();
    return quantile(each, 0.5);
  };
  const double alone = costs(0);
  return (costs(kReaders) - alone) / kReaders;
}

}  // namespace retrovue::framebus::benching
