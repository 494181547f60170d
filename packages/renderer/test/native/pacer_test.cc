#include <retrovue/test/runner.h>

#include <array>
#include <future>

#include "fakes.h"
#include "pacer.h"
#include "ts_packets.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

namespace {

/// Counts calls from the pacing thread.
class Calls {
 public:
  void operator()() {
    const std::scoped_lock lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void waitFor(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    const std::scoped_lock lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TickBytes tickOf(Pacer& pacer, std::int64_t tick, std::size_t packets, std::size_t portions, bool randomAccess) {
  TickBytes bytes = pacer.lend();
  bytes.tick = tick;
  bytes.bytes.assign(packets * kTsPacketBytes, static_cast<std::uint8_t>(tick));
  for (std::size_t p = 0; p < portions; ++p) bytes.portions.push_back(packets * p / portions * kTsPacketBytes);
  if (randomAccess) bytes.randomAccess = 0;
  return bytes;
}

struct Fetched {
  std::int64_t tick;
  std::size_t packets;
  bool randomAccess;
  bool operator==(const Fetched&) const = default;
};

std::vector<Fetched> fetch(Pacer& pacer, std::size_t room) {
  std::vector<std::uint8_t> into(room);
  std::array<Pacer::Portion, 8> portions;
  std::vector<Fetched> fetched;
  const std::size_t count = pacer.fetch(into, portions);
  for (std::size_t i = 0; i < count; ++i)
    fetched.push_back({portions[i].tick, portions[i].bytes / kTsPacketBytes, portions[i].randomAccess});
  return fetched;
}

constexpr std::int64_t kTick = 40'000'000;

}  // namespace

TEST("pacer/bytes-leave-at-their-time-in-order-and-never-before") {
  HouseClock clock(standing(10 * kTick - 1));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {}, clock, [&] { left(); });
  CHECK(!pacer.push(tickOf(pacer, 10, 4, 2, true)));
  CHECK(!pacer.push(tickOf(pacer, 11, 3, 1, false)));
  CHECK(fetch(pacer, 10'000).empty());
  clock.follow(standing(10 * kTick, 1));
  left.waitFor(1);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{10, 2, true}}));
  clock.follow(standing(10 * kTick + kTick / 2 - 1, 2));
  clock.follow(standing(10 * kTick + kTick / 2, 3));
  left.waitFor(2);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{10, 2, false}}));
  CHECK(fetch(pacer, 10'000).empty());
  clock.follow(standing(11 * kTick, 4));
  left.waitFor(3);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{11, 3, false}}));
  CHECK(!pacer.push(tickOf(pacer, 11, 1, 1, false)));
  CHECK(pacer.push(tickOf(pacer, 10, 1, 1, false)));
}

TEST("pacer/a-lead-lets-bytes-go-early") {
  HouseClock clock(standing(0));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {.leadNs = kTick}, clock, [&] { left(); });
  CHECK(!pacer.push(tickOf(pacer, 1, 1, 1, true)));
  left.waitFor(1);
  CHECK_EQ(fetch(pacer, 10'000).size(), 1U);
}

TEST("pacer/what-is-due-takes-along-what-follows-within-a-burst-and-nothing-leaves-before-something-is-due") {
  HouseClock clock(standing(10 * kTick - 1));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {.burstNs = kTick}, clock, [&] { left(); });
  for (std::int64_t tick = 10; tick < 14; ++tick) pacer.push(tickOf(pacer, tick, 1, 1, tick == 10));
  CHECK(fetch(pacer, 10'000).empty());
  clock.follow(standing(10 * kTick, 1));
  left.waitFor(1);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{10, 1, true}, {11, 1, false}}));
  clock.follow(standing(12 * kTick - 1, 2));
  CHECK(fetch(pacer, 10'000).empty());
  clock.follow(standing(12 * kTick, 3));
  left.waitFor(2);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{12, 1, false}, {13, 1, false}}));
  CHECK_EQ(left.count(), 2);
}

TEST("pacer/portions-longer-than-the-room-come-in-pieces-of-whole-packets") {
  HouseClock clock(standing(kTick));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {}, clock, [&] { left(); });
  pacer.push(tickOf(pacer, 1, 5, 1, true));
  left.waitFor(1);
  CHECK(fetch(pacer, 2 * kTsPacketBytes + 100) == std::vector<Fetched>({{1, 2, true}}));
  CHECK(fetch(pacer, 2 * kTsPacketBytes) == std::vector<Fetched>({{1, 2, false}}));
  CHECK(fetch(pacer, 2 * kTsPacketBytes) == std::vector<Fetched>({{1, 1, false}}));
}

TEST("pacer/what-nobody-fetches-is-dropped-up-to-a-random-access-point") {
  HouseClock clock(standing(1000 * kTick));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {}, clock, [&] { left(); });
  const std::size_t packets = Pacer::kLeftBytesMax / 4 / kTsPacketBytes + 1;
  for (std::int64_t tick = 0; tick < 5; ++tick) {
    const int before = left.count();
    pacer.push(tickOf(pacer, tick, packets, 1, tick == 0));
    // The fourth makes it too much; from then on nothing is told of.
    if (tick < 3) left.waitFor(before + 1);
  }
  pacer.push(tickOf(pacer, 5, 2, 1, true));
  left.waitFor(4);
  std::vector<Fetched> fetched = fetch(pacer, 10'000);
  REQUIRE(!fetched.empty());
  CHECK(fetched.front() == Fetched({5, 2, true}));
  CHECK_EQ(pacer.dropped(), 5U);
}

TEST("pacer/a-viewer-may-start-within-a-tick-where-a-piece-of-its-own-begins") {
  HouseClock clock(standing(1000 * kTick));
  Calls left;
  Pacer pacer({25, 1, 48'000}, {}, clock, [&] { left(); });
  TickBytes bytes = tickOf(pacer, 1, 9, 3, false);
  bytes.randomAccess = 4 * kTsPacketBytes;
  pacer.push(std::move(bytes));
  left.waitFor(1);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{1, 3, false}, {1, 1, false}, {1, 2, true}, {1, 3, false}}));

  // What is dropped goes up to that very place.
  const std::size_t packets = Pacer::kLeftBytesMax / kTsPacketBytes + 1;
  pacer.push(tickOf(pacer, 2, packets, 1, true));
  TickBytes next = tickOf(pacer, 3, 9, 3, false);
  next.randomAccess = 4 * kTsPacketBytes;
  pacer.push(std::move(next));
  left.waitFor(2);
  CHECK(fetch(pacer, 10'000) == std::vector<Fetched>({{3, 2, true}, {3, 3, false}}));
  CHECK_EQ(pacer.dropped(), 1U);
}

TEST("pacer/pushing-waits-while-a-second-of-ticks-waits-and-ends-with-it") {
  HouseClock clock(standing(0));
  Pacer pacer({25, 1, 48'000}, {}, clock, [] {});
  for (std::size_t i = 0; i < Pacer::kWaitingMax; ++i)
    pacer.push(tickOf(pacer, 1000 + static_cast<std::int64_t>(i), 1, 1, false));
  auto pushed = std::async(std::launch::async, [&] { return pacer.push(tickOf(pacer, 2000, 1, 1, false)); });
  pacer.stop();
  CHECK(!pushed.get());
}
