#include "episodes.h"

#include <retrovue/test/runner.h>

#include <random>
#include <vector>

using namespace retrovue::framebus;

namespace {

using Type = CommitterEvent::Type;

/// More than the ring holds.
constexpr int kMany = 1'000;

/// Commits ticks one after another, as planned or stood in for, and fetches events only when told to.
struct Air {
  Episodes episodes;
  std::int64_t next = 0;

  void commit(std::uint32_t kind, std::uint32_t reason) {
    rvfb_slot slot{};
    slot.tick = next++;
    slot.flags = kind;
    slot.stand_in_reason = reason;
    episodes.onCommit(slot);
  }
  void play() { commit(0, 0); }
  void hold() { commit(RVFB_FLAG_HOLD, RVFB_REASON_LATE); }
  void slate() { commit(RVFB_FLAG_SLATE, RVFB_REASON_HUNG); }

  std::vector<CommitterEvent> fetch() {
    std::vector<CommitterEvent> events;
    while (const auto event = episodes.next()) events.push_back(*event);
    CHECK(!episodes.hasEvents());
    return events;
  }
};

}  // namespace

TEST("bus/an-end-that-nobody-fetched-in-time-is-told-when-there-is-room") {
  Air air;
  // Takes the first place, so that the last one goes to a beginning.
  air.episodes.onRefused(5, RVFB_REFUSED_TOO_FAR);
  for (int n = 0; n < kMany; ++n) {
    air.hold();
    air.play();
  }
  const auto events = air.fetch();
  REQUIRE(events.size() > 200 && events.size() < kMany);
  const CommitterEvent& began = events[events.size() - 2];
  const CommitterEvent& ended = events.back();
  REQUIRE(began.type == Type::standInBegan && ended.type == Type::standInEnded);
  // Where it ended in truth, not where somebody looked again.
  CHECK_EQ(ended.tick, began.tick + 1);
  CHECK_EQ(ended.ticks, 1u);
  // From here on all is told again.
  air.slate();
  CHECK_EQ(air.fetch().size(), 1u);
}

TEST("bus/what-stands-in-when-there-is-room-is-told-from-its-first-tick-to-what-it-is-now") {
  Air air;
  for (int n = 0; n < kMany; ++n) {
    air.hold();
    air.play();
  }
  const std::int64_t from = air.next;
  air.hold();
  air.slate();
  const auto events = air.fetch();
  REQUIRE(events.size() > 2);
  const CommitterEvent& began = events[events.size() - 2];
  CHECK(began.type == Type::standInBegan);
  CHECK_EQ(began.tick, from);
  CHECK_EQ(began.flag, std::uint32_t{RVFB_FLAG_HOLD});
  CHECK_EQ(began.reason, std::uint32_t{RVFB_REASON_LATE});
  const CommitterEvent& changed = events.back();
  CHECK(changed.type == Type::standInChanged);
  CHECK_EQ(changed.tick, from + 1);
  CHECK_EQ(changed.flag, std::uint32_t{RVFB_FLAG_SLATE});
  CHECK_EQ(changed.reason, std::uint32_t{RVFB_REASON_HUNG});
  air.play();
  const auto after = air.fetch();
  REQUIRE(after.size() == 1);
  CHECK(after[0].type == Type::standInEnded);
  CHECK_EQ(after[0].ticks, 2u);
}

TEST("bus/an-episode-that-goes-on-is-told-as-what-it-has-become") {
  Air air;
  for (int n = 0; n < kMany; ++n) {
    air.hold();
    air.slate();
  }
  const auto events = air.fetch();
  CHECK(events.front().type == Type::standInBegan);
  CHECK(events.back().type == Type::standInChanged);
  CHECK_EQ(events.back().tick, air.next - 1);
  CHECK_EQ(events.back().flag, std::uint32_t{RVFB_FLAG_SLATE});
}

TEST("bus/refusals-leave-room-for-episodes") {
  Air air;
  for (int n = 0; n < kMany; ++n) {
    air.episodes.onRefused(n, n % 2 == 0 ? RVFB_REFUSED_TOO_FAR : RVFB_REFUSED_BAD_SOUND);
  }
  for (int n = 0; n < 50; ++n) {
    air.hold();
    air.play();
  }
  int told = 0;
  for (const CommitterEvent& event : air.fetch()) told += event.type == Type::refused ? 0 : 1;
  CHECK_EQ(told, 100);
  CHECK_EQ(air.episodes.counters().refused, std::uint64_t{kMany});
}

TEST("bus/however-events-are-fetched-they-fit-each-other-and-end-with-the-truth") {
  std::mt19937 random(7);
  const auto oneOf = [&random](std::uint32_t count) { return random() % count; };
  for (int round = 0; round < 200; ++round) {
    Air air;
    bool isStanding = false;
    std::int64_t last = -1, began = -1;
    std::uint32_t kind = 0;
    const auto hear = [&](const CommitterEvent& event) {
      if (event.type == Type::refused) return;
      REQUIRE(isStanding == (event.type != Type::standInBegan));
      REQUIRE(event.tick > last);
      last = event.tick;
      if (event.type == Type::standInBegan) began = event.tick;
      // Nothing that is left out lies within an episode that is told.
      if (event.type == Type::standInEnded)
        REQUIRE(event.tick == began + static_cast<std::int64_t>(event.ticks));
      isStanding = event.type != Type::standInEnded;
      kind = isStanding ? event.flag : 0;
    };
    std::uint32_t now = 0;
    for (int n = 0; n < 2'000; ++n) {
      const std::uint32_t what = oneOf(4);
      if (what == 0) air.hold();
      if (what == 1) air.slate();
      if (what == 2) air.play();
      if (what == 3) air.episodes.onRefused(n, 1 + oneOf(5));
      if (what != 3) now = what == 0 ? RVFB_FLAG_HOLD : what == 1 ? RVFB_FLAG_SLATE : 0;
      // As a rule nobody comes; then some are fetched, and more happens between them.
      if (oneOf(300) != 0) continue;
      for (std::uint32_t left = oneOf(400); left > 0; --left) {
        if (const auto event = air.episodes.next()) hear(*event);
      }
    }
    for (const CommitterEvent& event : air.fetch()) hear(event);
    REQUIRE(kind == now);
  }
}
