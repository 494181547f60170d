#include <sched.h>

#include <thread>

#include "measure.h"

namespace retrovue::framebus::benching {

using namespace testing;

namespace {
constexpr int kWakes = 400;
constexpr int kRounds = 120;
constexpr int kReaders = 16;
}  // namespace

namespace {

/// Of the scheduling class that the committer has got: a realtime thread stays on its core where an ordinary
/// one moves to an idle core, so the waiter meets another core, asleep for longer or just gone idle.
void runAs(const Committer& committer) {
  sched_param parameters{};
  parameters.sched_priority = 10;
  if (committer.isRealtime())
    REQUIRE(::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters) == 0);
}

/// A waiter in another process, woken by a bare futex from a thread that was woken itself: by this one, as
/// the committer is by a worker.
class PlainChain {
 public:
  PlainChain(double* times, const Committer& committer)
      : shared_(4096),
        waiter_(1, shared_.as<std::uint32_t>(),
                [this, times](int) {
                  __atomic_fetch_add(shared_.as<std::uint32_t>(), 1, __ATOMIC_SEQ_CST);
                  for (std::uint32_t i = 0; i < kWakes; ++i) {
                    await(outer(), i);
                    times[i] =
                        static_cast<double>(monoNow() - __atomic_load_n(began(), __ATOMIC_RELAXED)) / 1000;
                  }
                }),
        between_([this, &committer] {
          runAs(committer);
          for (std::uint32_t i = 0; i < kWakes; ++i) {
            await(inner(), i);
            __atomic_store_n(began(), monoNow(), __ATOMIC_RELAXED);
            raise(outer());
          }
        }) {}
  ~PlainChain() { between_.join(); }
  PlainChain(const PlainChain&) = delete;
  PlainChain& operator=(const PlainChain&) = delete;

  void wake() { raise(inner()); }
  void wait() { waiter_.wait(); }

 private:
  // On cache lines of their own.
  std::uint32_t* outer() const { return shared_.as<std::uint32_t>() + 16; }
  std::uint32_t* inner() const { return shared_.as<std::uint32_t>() + 32; }
  std::int64_t* began() const { return reinterpret_cast<std::int64_t*>(shared_.as<std::uint32_t>() + 48); }

  SharedBytes shared_;
  Children waiter_;
  std::thread between_;
};

WakeTimes timesOf(const double* times) {
  std::vector<double> all(times, times + kWakes);
  std::erase(all, 0.0);
  return {quantile(all, 0.5), quantile(all, 0.9)};
}

}  // namespace

WakePair wakesUs() {
  Bench bench(fullSpec());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const std::uint32_t buffer = mustLoan(*lane);
  const SharedBytes shared(4096 + 2 * kWakes * sizeof(double));
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
  PlainChain plain(times + kWakes, *bench.committer);
  // One after the other, so that both meet the same machine: it changes from one moment to the next.
  for (int i = 0; i < kWakes; ++i) {
    bench.moveTo(bench.first + i - 4);
    letSleep();
    REQUIRE(submit(*lane, bench.grid, bench.first + i, buffer));
    letSleep();
    plain.wake();
    letSleep();
  }
  reader.wait();
  plain.wait();
  return {timesOf(times), timesOf(times + kWakes)};
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
