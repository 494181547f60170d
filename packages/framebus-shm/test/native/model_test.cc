// The rules of the frame bus under a memory that reorders: the shipped functions of frame_bus_protocol.h, run
// over `weak::Execution` instead of the machine. Every site is then left out once, and some scenario must
// fail.
#include <cstdint>

#include "weak_memory.h"

#define RVFB_MEMORY_DEFINED
#define RVFB_LOAD_RELAXED(p) weak::loaded((p), false)
#define RVFB_LOAD_ACQUIRE(site, p) weak::loaded((p), !weak::isCut(#site))
#define RVFB_STORE_RELAXED(p, v) weak::execution->store((p), static_cast<std::uint64_t>(v), false)
#define RVFB_STORE_RELEASE(site, p, v) \
  weak::execution->store((p), static_cast<std::uint64_t>(v), !weak::isCut(#site))
#define RVFB_FENCE_ACQUIRE(site)                              \
  do {                                                        \
    if (!weak::isCut(#site)) weak::execution->fenceAcquire(); \
  } while (false)
#define RVFB_FENCE_RELEASE(site)                              \
  do {                                                        \
    if (!weak::isCut(#site)) weak::execution->fenceRelease(); \
  } while (false)
#define RVFB_HOLDS(site, condition)     \
  ([&] {                                \
    const bool holds = (condition);     \
    return weak::isCut(#site) || holds; \
  }())
#define RVFB_NOT_LATER(site, again) \
  do {                              \
    if (weak::isCut(#site)) {       \
      again;                        \
    }                               \
  } while (false)

#include <retrovue/frame_bus_protocol.h>
#include <retrovue/test/runner.h>

namespace {

using weak::Execution;

/// Says whether a scenario went wrong in some execution.
struct Outcome {
  std::size_t executions = 0;
  std::size_t wrong = 0;
};

Outcome tryAll(const std::function<bool(Execution&)>& isRight) {
  Outcome outcome;
  outcome.executions = weak::explore([&](Execution& e) {
    if (!isRight(e)) ++outcome.wrong;
  });
  return outcome;
}

/// A bus of one slot (so that each tick overwrites the one before) with two words of content beside tick and
/// sequence, one word of ancillary, one buffer of one pixel, and a sound ring of one sample.
struct Bus {
  std::uint64_t slot[4] = {};
  std::uint64_t ancillary[1] = {};
  std::int64_t head = 0;
  std::uint32_t word = 0;
  std::uint64_t generation = 0;
  std::uint64_t ring = 0;
  std::uint32_t pixel = 0;
  std::uint64_t reserved = 0;
  std::uint64_t committed = 0;
  std::uint32_t sample = 0;
};

/// Ticks are told by their content: word 2 is 10 times the tick, word 3 100 times, the ancillary word 1000
/// times.
void commitTick(Bus& bus, std::uint64_t tick) {
  const std::uint64_t words[4] = {0, tick, 10 * tick, 100 * tick};
  const std::uint64_t ancillary[1] = {1000 * tick};
  rvfb_slot_store(bus.slot, words, 4, bus.ancillary, ancillary, 1);
  rvfb_head_publish(&bus.head, &bus.word, static_cast<std::int64_t>(tick));
}

/// Rules 1 and 2 while the slot is overwritten: what is read whole is tick `wanted` and nothing else.
Outcome readWhileOverwritten(std::int64_t wanted, std::uint64_t ticks) {
  return tryAll([=](Execution& e) {
    Bus bus;
    weak::Thread committer, reader;
    e.run(committer);
    for (std::uint64_t tick = 1; tick <= ticks; ++tick) commitTick(bus, tick);
    e.run(reader);
    if (rvfb_head_look(&bus.head) < wanted) return true;
    std::uint64_t words[4] = {};
    std::uint64_t ancillary[1] = {};
    if (rvfb_slot_look(bus.slot, wanted, words, 4, bus.ancillary, ancillary, 1) != RVFB_SEEN_WHOLE)
      return true;
    const auto tick = static_cast<std::uint64_t>(wanted);
    return words[1] == tick && words[2] == 10 * tick && words[3] == 100 * tick && ancillary[0] == 1000 * tick;
  });
}

/// Rule 2: a tick at the head that was never overwritten is never reported as overrun.
Outcome readNewest() {
  return tryAll([](Execution& e) {
    Bus bus;
    weak::Thread committer, reader;
    e.run(committer);
    commitTick(bus, 1);
    commitTick(bus, 2);
    e.run(reader);
    if (rvfb_head_look(&bus.head) < 2) return true;
    std::uint64_t words[4] = {};
    std::uint64_t ancillary[1] = {};
    return rvfb_slot_look(bus.slot, 2, words, 4, bus.ancillary, ancillary, 1) == RVFB_SEEN_WHOLE;
  });
}

/// Rule 2: who finds the tick missing and waits on the word is not left asleep with the tick there.
Outcome waitForTick() {
  return tryAll([](Execution& e) {
    Bus bus;
    weak::Thread committer, reader;
    e.run(committer);
    commitTick(bus, 1);
    e.run(reader);
    std::uint32_t word = 0;
    if (rvfb_head_reached(&bus.head, &bus.word, 1, &word)) return true;
    // FUTEX_WAIT sleeps exactly if the word is still this one; all wakes have been by now.
    return word != e.newest(&bus.word);
  });
}

/// Rules 3 and 4: the committer lends the buffer again, the worker draws, the reader still looks at it.
Outcome pictureWhileReused() {
  return tryAll([](Execution& e) {
    Bus bus;
    weak::Thread committer, worker, reader;
    e.run(committer);
    const std::uint64_t named = rvfb_buffer_lend(&bus.generation);
    rvfb_ring_hand_over(&bus.ring, 1);
    rvfb_buffer_lend(&bus.generation);
    rvfb_ring_hand_over(&bus.ring, 2);
    e.run(worker);
    if (rvfb_ring_look(&bus.ring) >= 2) {
      rvfb_buffer_borrowed();
      RVFB_STORE_RELAXED(&bus.pixel, 99u);
    }
    e.run(reader);
    // It had the slot that names generation 1, long before.
    e.thread().current[&bus.generation] = named;
    const std::uint32_t pixel = RVFB_LOAD_RELAXED(&bus.pixel);
    if (!rvfb_buffer_intact(&bus.generation, named)) return true;
    return pixel != 99;
  });
}

/// Rule 5: the sample is overwritten, one ring later, while it is copied.
Outcome soundWhileOverwritten() {
  return tryAll([](Execution& e) {
    Bus bus;
    weak::Thread committer, reader;
    e.run(committer);
    for (std::uint64_t index = 0; index < 3; ++index) {
      rvfb_sound_reserve(&bus.reserved, index + 1);
      RVFB_STORE_RELAXED(&bus.sample, 100 + static_cast<std::uint32_t>(index));
      rvfb_sound_commit(&bus.committed, index + 1);
    }
    e.run(reader);
    if (rvfb_sound_committed(&bus.committed) < 2) return true;
    const std::uint32_t sample = RVFB_LOAD_RELAXED(&bus.sample);
    if (!rvfb_sound_intact(&bus.reserved, 1, 1)) return true;
    return sample == 101;
  });
}

struct Scenario {
  const char* name;
  Outcome (*run)();
};

Outcome readOldest() {
  return readWhileOverwritten(1, 3);
}
Outcome readLatest() {
  return readWhileOverwritten(3, 3);
}
Outcome readMiddle() {
  return readWhileOverwritten(2, 4);
}

const Scenario scenarios[] = {
    {"a tick that is being overwritten", readOldest},
    {"the newest tick", readLatest},
    {"a tick between two others", readMiddle},
    {"no false overrun", readNewest},
    {"no lost wake", waitForTick},
    {"a picture that is drawn on again", pictureWhileReused},
    {"sound that is overwritten", soundWhileOverwritten},
};

/// Sites of lanes: rings of one producer and one consumer, which the thread sanitizer checks.
bool isLaneSite(const std::string& site) {
  return site.rfind("lane_", 0) == 0;
}

}  // namespace

TEST("model/rules-hold-under-every-reordering") {
  std::set<std::string> met;
  weak::sites = &met;
  std::size_t executions = 0;
  for (const auto& scenario : scenarios) {
    const Outcome outcome = scenario.run();
    executions += outcome.executions;
    if (outcome.wrong != 0)
      retrovue::test::report(scenario.name, 0, std::to_string(outcome.wrong) + " executions are wrong");
  }
  weak::sites = nullptr;
  std::printf("       %zu executions, %zu sites\n", executions, met.size());
  // Fewer would mean that something is not reached any more.
  CHECK(executions >= 500);
  CHECK_EQ(met.size(), 22u);
}

TEST("model/every-fence-and-check-is-needed") {
  std::set<std::string> met;
  weak::sites = &met;
  for (const auto& scenario : scenarios) scenario.run();
  weak::sites = nullptr;
  for (const auto& site : met) {
    if (isLaneSite(site)) continue;
    weak::mutant = site;
    std::size_t wrong = 0;
    for (const auto& scenario : scenarios) wrong += scenario.run().wrong;
    if (wrong == 0) retrovue::test::report(site.c_str(), 0, "can be left out and nothing fails");
  }
  weak::mutant.clear();
}

RETROVUE_TEST_MAIN
