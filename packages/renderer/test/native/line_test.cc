#include <retrovue/test/runner.h>

#include <array>

#include "fakes.h"
#include "render_line.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

namespace {

constexpr std::int64_t kTick = 40'000'000;

struct Bench {
  explicit Bench(std::int64_t tick, const EncodeSpec& encode = smallSpec())
      : spec(encode), clock(standing(tick * kTick)), bus(encode) {}

  void open() {
    auto opened = RenderLine::open(spec, {}, bus, clock, {[this] { told(); }, [] {}});
    REQUIRE(opened);
    line = std::move(*opened);
  }
  void told() {
    const std::scoped_lock lock(mutex);
    ++news;
    changed.notify_all();
  }
  /// The ticks whose bytes have left, in order, fetched here.
  std::vector<std::int64_t> ticksLeft() {
    std::array<Pacer::Portion, 8> portions;
    for (;;) {
      const std::size_t count = line->pacer().fetch(bytes, portions);
      if (count == 0) return left;
      for (std::size_t i = 0; i < count; ++i) {
        if (left.empty() || left.back() != portions[i].tick) left.push_back(portions[i].tick);
        if (portions[i].randomAccess) starts.push_back(portions[i].tick);
      }
    }
  }
  void waitForBytesOf(std::int64_t tick) {
    for (;;) {
      const int seen = [this] {
        const std::scoped_lock lock(mutex);
        return news;
      }();
      const auto ticks = ticksLeft();
      if (!ticks.empty() && ticks.back() >= tick) return;
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return news != seen; });
    }
  }
  void moveTo(std::int64_t tick) { clock.follow(standing(tick * kTick, ++sequence)); }

  /// Begins with tick 100, and has all to 112 taken while 102 is on air: as far ahead as ticks are.
  void beginTo112() {
    bus.hold(90, 100);
    open();
    bus.waitFor(100);
    bus.hold(90, 112);
    moveTo(102);
    bus.waitFor(112);
  }
  std::uint64_t encoded() const { return line->counters().encoded.load(); }
  std::uint64_t missed() const { return line->counters().missed.load(); }

  const EncodeSpec spec;
  HouseClock clock;
  std::uint64_t sequence = 0;
  FakeBus bus;
  std::mutex mutex;
  std::condition_variable changed;
  int news = 0;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(1 << 20);
  std::vector<std::int64_t> left;
  /// Ticks of those bytes that a viewer may start at.
  std::vector<std::int64_t> starts;
  std::unique_ptr<RenderLine> line;
};

}  // namespace

TEST("line/takes-each-tick-once-in-order-some-together-at-most-half-a-second-ahead") {
  Bench bench(100);
  bench.bus.hold(90, 200);
  bench.bus.hold(90, 100);
  bench.open();
  bench.bus.waitFor(100);
  bench.bus.hold(90, 200);
  bench.bus.waitFor(110);  // 400 ms ahead
  bench.moveTo(102);
  bench.bus.waitFor(113);  // with 111 and 112: three ticks are about 100 ms
  bench.line->stop();
  std::vector<std::int64_t> expected;
  for (std::int64_t tick = 100; tick <= 113; ++tick) expected.push_back(tick);
  CHECK(bench.bus.released() == expected);
  CHECK_EQ(bench.missed(), 0U);
  CHECK_EQ(bench.line->counters().late.load(), 0U);
}

TEST("line/an-overrun-is-skipped-on-the-grid-and-counted") {
  Bench bench(100);
  bench.bus.hold(90, 100);
  bench.open();
  bench.bus.waitFor(100);
  bench.bus.hold(104, 106);
  bench.bus.waitFor(106);
  bench.line->stop();
  CHECK(bench.bus.released() == std::vector<std::int64_t>({100, 104, 105, 106}));
  CHECK_EQ(bench.missed(), 3U);
}

TEST("line/pictures-are-left-out-to-catch-up-and-sound-is-not") {
  Bench bench(99);
  bench.bus.hold(90, 100);
  bench.bus.stickAt(100);
  bench.open();
  bench.bus.waitFor(100);  // in time: settled
  bench.bus.hold(90, 112);
  bench.moveTo(112);  // 101 is 440 ms late now
  bench.bus.goOn();
  bench.bus.waitFor(112);
  bench.line->stop();
  CHECK_EQ(bench.bus.released().size(), 13U);
  // Left out until 50 ms late: from 101 to 110.
  CHECK_EQ(bench.missed(), 10U);
  CHECK_EQ(bench.encoded(), 3U);
}

TEST("line/a-second-late-goes-on-at-the-tick-on-air") {
  Bench bench(99);
  bench.bus.hold(90, 100);
  bench.open();
  bench.bus.waitFor(100);
  bench.moveTo(160);
  bench.bus.hold(90, 160);
  bench.bus.waitFor(160);
  bench.line->stop();
  // 101 may have been asked for before time moved.
  const auto released = bench.bus.released();
  CHECK_EQ(released.back(), 160);
  CHECK(released.size() <= 3);
  CHECK_EQ(bench.missed() + bench.encoded(), 61U);
  CHECK(bench.encoded() <= 2);
}

TEST("line/a-bus-that-gives-nothing-leaves-the-stream-its-clock-until-there-are-ticks-again") {
  Bench bench(99);
  bench.bus.hold(90, 100);
  bench.bus.stickAt(100);
  bench.open();
  bench.bus.waitFor(100);
  bench.moveTo(105);  // 101 is 160 ms late: it may still come
  bench.bus.goOn();
  CHECK_EQ(bench.missed(), 0U);
  bench.moveTo(106);
  // 101 is given up, and what follows is not waited for; each leaves at its own time.
  bench.waitForBytesOf(105);
  bench.bus.hold(90, 120);
  bench.bus.waitFor(113);
  bench.line->stop();
  const auto released = bench.bus.released();
  CHECK_EQ(released.at(0), 100);
  const std::int64_t again = released.at(1);
  CHECK(again >= 106);
  CHECK_EQ(bench.missed(), static_cast<std::uint64_t>(again - 101));
  const auto ticks = bench.ticksLeft();
  for (std::int64_t tick = 100; tick <= 105; ++tick) CHECK_EQ(ticks.at(static_cast<std::size_t>(tick - 100)), tick);
}

TEST("line/a-constant-rate-without-room-has-pictures-left-out-and-counted-and-each-tick-its-bytes") {
  // Less than tables, sound and pictures of one packet each take; what checks settings would refuse it.
  EncodeSpec spec = smallSpec();
  spec.muxBitsPerSecond = 100'000;
  Bench bench(100, spec);
  bench.bus.hold(90, 100);
  bench.open();
  bench.bus.waitFor(100);
  for (std::int64_t tick = 101; tick <= 160; ++tick) {
    bench.moveTo(tick);
    bench.bus.hold(90, tick + 3);
    bench.bus.waitFor(tick);
  }
  bench.waitForBytesOf(160);
  bench.line->stop();
  const auto& counters = bench.line->counters();
  // Each that was left out, and those before that were too late by then.
  CHECK(bench.missed() > 10);
  CHECK(counters.overflows.load() >= bench.missed());
  CHECK(bench.encoded() > 5);
  CHECK_EQ(bench.encoded() + bench.missed(), bench.bus.released().size());
  std::vector<std::int64_t> expected;
  for (std::int64_t tick = 100; tick <= 160; ++tick) expected.push_back(tick);
  auto ticks = bench.ticksLeft();
  ticks.resize(std::min(ticks.size(), expected.size()));
  CHECK(ticks == expected);
}

TEST("line/pictures-that-are-left-out-to-catch-up-are-no-overflows-of-a-constant-rate") {
  // Clocks and tables take all of it: no picture ends, in time or late.
  EncodeSpec spec = smallSpec();
  spec.muxBitsPerSecond = 20'000;
  Bench bench(99, spec);
  bench.bus.stickAt(112);
  bench.beginTo112();
  const std::uint64_t missed = bench.missed(), overflows = bench.line->counters().overflows.load();
  CHECK(missed > 0);
  CHECK_EQ(overflows, missed);
  bench.bus.hold(90, 124);
  bench.moveTo(124);  // 113 is 440 ms late now
  bench.bus.goOn();
  bench.bus.waitFor(124);
  bench.line->stop();
  // Ten to catch up; the last two, which are in time, for want of room.
  CHECK_EQ(bench.missed(), missed + 12);
  CHECK_EQ(bench.line->counters().overflows.load(), overflows + 2);
}

TEST("line/a-jump-at-a-constant-rate-goes-on-with-a-key-frame-where-pictures-waited") {
  EncodeSpec spec = smallSpec();
  spec.gopTicks = 1'000;
  spec.muxBitsPerSecond = 100'000;
  Bench bench(100, spec);
  bench.beginTo112();
  bench.bus.hold(90, 165);
  bench.moveTo(160);
  bench.bus.waitFor(160);
  bench.moveTo(166);
  bench.waitForBytesOf(163);
  bench.line->stop();
  CHECK_EQ(bench.starts.size(), 2U);
  CHECK(bench.starts.back() >= 160);
}

TEST("line/stops-while-it-waits-for-a-bus-or-for-time") {
  Bench waiting(100);
  waiting.open();
  waiting.line->stop();
  Bench ahead(100);
  ahead.bus.hold(90, 100);
  ahead.open();
  ahead.bus.waitFor(100);
  ahead.line.reset();
  CHECK(true);
}
