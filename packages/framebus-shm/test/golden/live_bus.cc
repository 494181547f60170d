#include "live_bus.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "driven_bus.h"
#include "futex.h"

namespace retrovue::framebus::golden {
namespace {

/// Submitted so far ahead, in ticks.
constexpr std::int64_t kAhead = 4;

BusSpec liveSpec(const ClockMapping& mapping) {
  BusSpec spec;
  spec.engineId = "east";
  spec.channelId = 7;
  spec.width = 160;
  spec.height = 90;
  spec.rateNum = 30'000;
  spec.rateDen = 1'001;
  spec.pixelFormat = RVFB_YUV420P;
  spec.colourPrimaries = 1;
  spec.colourTransfer = 1;
  spec.colourMatrix = 1;
  spec.colourRange = 1;
  spec.sampleRate = 48'000;
  spec.channels = 2;
  spec.leadTicks = 8;
  spec.historyTicks = 6;
  spec.mapping = mapping;
  return spec;
}

void say(const Json& json) {
  std::puts(json.text().c_str());
  std::fflush(stdout);
}

void sayWhere(DrivenBus& bus, std::int64_t first) {
  Json json;
  json.open('{').key("path").string(bus.path()).key("first").number(first);
  json.key("head").number(bus.committer().head()).key("oldest").number(bus.header().oldest_tick).close('}');
  say(json);
}

Handed ownTick(std::int64_t tick) {
  Handed h;
  h.tick = tick;
  h.segment = 0xaa;
  h.planRevision = 1;
  h.mediaTimeNs = tick * 1000;
  h.sourceIndex = tick;
  h.assetKey = static_cast<std::uint64_t>(tick) + 1;
  h.uri = "file:///media/" + std::to_string(tick) + ".mkv";
  h.title = "№ " + std::to_string(tick);
  return h;
}

void sayReaders(DrivenBus& bus) {
  Json json;
  json.open('[');
  for (const ReaderRow& row : bus.committer().readers()) {
    json.open('{').key("name").string(row.name).key("pid").number(row.pid).key("cursor").number(row.cursor);
    json.key("overruns").number(static_cast<std::int64_t>(row.overruns)).close('}');
  }
  json.close(']');
  say(json);
}

}  // namespace

void runLive(const Place& place, std::uint32_t seconds) {
  const std::int64_t began = monoNow();
  const ClockMapping mapping{1, began, kEpochNs, 0};
  DrivenBus bus(liveSpec(mapping), place);
  const HouseGrid& grid = bus.grid();
  // Far enough ahead that the first tick's guard time is still to come.
  const std::int64_t first = grid.tickAtOrBefore(kEpochNs) + 2 * kAhead;
  bus.start(first);
  sayWhere(bus, first);
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char ignored[64];
  for (std::int64_t tick = first;; ++tick) {
    const std::int64_t due = *mapping.monoAt(grid.tickTime(tick - kAhead));
    if (due - began > std::int64_t{seconds} * kNsPerSecond) break;
    const auto ms = static_cast<int>(std::max<std::int64_t>(0, (due - monoNow()) / 1'000'000));
    if (::poll(&input, 1, ms) > 0 && ::read(STDIN_FILENO, ignored, sizeof ignored) <= 0) break;
    // On a busy machine a tick may get the committer's stand-in meanwhile; ours is refused then, as on air.
    bus.air(ownTick(tick));
  }
  sayWhere(bus, first);
}

void runSteps(const Place& place) {
  const ClockMapping mapping{1, 0, kEpochNs, -kNsPerSecond};
  DrivenBus bus(liveSpec(mapping), place);
  const std::int64_t first = bus.grid().tickAtOrBefore(kEpochNs) + kAhead;
  bus.start(first);
  sayWhere(bus, first);
  std::int64_t next = first;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string verb;
    std::int64_t count = 0;
    words >> verb >> count;
    if (verb == "commit") {
      for (const std::int64_t end = next + count; next < end; ++next) {
        bus.stopClockAt(bus.grid().tickTime(next - kAhead));
        bus.air(ownTick(next));
      }
    } else if (verb == "standin") {
      next += count;
      bus.stopClockAt(bus.guardTimeOf(next - 1));
      bus.waitForTick(next - 1);
    } else if (verb == "clock") {
      std::int64_t rate = 0;
      words >> rate;
      bus.committer().setMapping({1000, monoNow(), count, rate});
    } else if (verb == "readers") {
      sayReaders(bus);
      continue;
    } else {
      giveUp("no such verb: " + line);
    }
    sayWhere(bus, first);
  }
}

}  // namespace retrovue::framebus::golden
