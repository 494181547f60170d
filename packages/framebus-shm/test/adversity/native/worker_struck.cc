#include "worker_struck.h"

#include <random>
#include <sstream>

#include "checks.h"
#include "child.h"

namespace retrovue::framebus::adversity {

using namespace testing;

namespace {

/// More than there are buffers: one that is lost is missed.
constexpr int kTicksAfter = 24;

struct House {
  Bench bench{trialSpec()};
  Reader reader{bench.path()};
  std::int64_t next = 0;

  House() {
    bench.committer->start(bench.first);
    next = bench.first;
  }

  /// A worker of this process airs `count` ticks on a lane of its own.
  void airOnNewLane(int count, Report& report) {
    auto ticket = bench.committer->openLane();
    REQUIRE(ticket);
    {
      auto lane = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
      REQUIRE(lane);
      for (int i = 0; i < count; ++i) {
        air(bench, **lane, next);
        const rvfb_frame frame = reader.mustRead(next++);
        if (frame.slot.lane != ticket->lane) report.violation("a sound worker's tick was stood in for");
      }
    }
    bench.committer->retireLane(ticket->lane, RVFB_REASON_WORKER_LOST);
  }

  std::vector<std::string> role(const LaneTicket& ticket, const std::string& from) const {
    return {"worker", bench.path(), ticket.path, std::to_string(ticket.lane), std::to_string(next), from};
  }

  LaneTicket openLane() {
    auto ticket = bench.committer->openLane();
    REQUIRE(ticket);
    bench.moveTo(next - 4);
    return *ticket;
  }

  /// The guard time of the next tick comes. Whose is it? 0: stood in for.
  std::uint32_t settleNext(Report& report) {
    bench.moveToGuardOf(next);
    const rvfb_frame frame = reader.mustRead(next);
    checkTick(bench, reader, next, report);
    ++next;
    return frame.slot.lane;
  }
};

Strikes strikesOf(House& house) {
  return Strikes({"loan", "words", "submit"}, [&house](const std::string& from) {
    const LaneTicket ticket = house.openLane();
    Child whole(house.role(ticket, from), true);
    const std::uint64_t steps = whole.step(UINT64_MAX);
    whole.kill();
    house.bench.committer->retireLane(ticket.lane, RVFB_REASON_WORKER_LOST);
    house.bench.moveToGuardOf(house.next++);
    return steps;
  });
}

}  // namespace

int workerKilled(const Campaign& campaign) try {
  Report report("worker-killed");
  std::mt19937_64 random(campaign.seed);
  House house;
  const Strikes strikes = strikesOf(house);
  report.count("instructions", strikes.steps());
  for (std::uint32_t trial = 0; trial < campaign.count; ++trial) {
    report.count("trials");
    const LaneTicket ticket = house.openLane();
    const auto strike = strikes.of(trial, campaign.count, random());
    Child worker(house.role(ticket, strike.part), true);
    worker.step(strike.step);
    worker.kill();
    const bool retiredFirst = random() % 2 == 0;
    if (retiredFirst) house.bench.committer->retireLane(ticket.lane, RVFB_REASON_WORKER_LOST);
    report.count(house.settleNext(report) == ticket.lane ? "aired" : "stoodIn");
    if (!retiredFirst) house.bench.committer->retireLane(ticket.lane, RVFB_REASON_WORKER_LOST);
    checkReadable(house.bench, house.reader, report);
    house.airOnNewLane(kTicksAfter, report);
    checkReadable(house.bench, house.reader, report);
  }
  if (objectsOf(house.bench.place) != 3) report.violation("lanes of dead workers are left in shared memory");
  return report.finish();
} catch (const Child::NotPermitted& refused) {
  Report report("worker-killed");
  report.skip(refused.why);
  return report.finish();
}

int workerStopped(const Campaign& campaign) try {
  Report report("worker-stopped");
  std::mt19937_64 random(campaign.seed);
  House house;
  const Strikes strikes = strikesOf(house);
  report.count("instructions", strikes.steps());
  for (std::uint32_t trial = 0; trial < campaign.count; ++trial) {
    report.count("trials");
    const LaneTicket ticket = house.openLane();
    const auto strike = strikes.of(trial, campaign.count, random());
    Child worker(house.role(ticket, strike.part), true);
    worker.step(strike.step);
    const bool replaced = random() % 2 == 0;
    const std::uint32_t whose = house.settleNext(report);
    if (replaced) house.airOnNewLane(static_cast<int>(random() % kTicksAfter), report);
    worker.run();
    // Settles what the worker has handed over since.
    house.bench.moveToTime(house.bench.grid.tickTime(house.next - 4));
    checkReadable(house.bench, house.reader, report);
    worker.run();
    if (!worker.complaint().empty()) report.violation("the worker " + worker.complaint());
    std::istringstream said(worker.output());
    std::uint32_t refused = 0;
    said >> refused;
    if (whose == ticket.lane) {
      report.count("aired");
      if (refused != 0) report.violation("refused, though it aired");
    } else if (replaced) {
      report.count("replaced");
    } else {
      report.count("refused");
      if (refused != RVFB_REFUSED_TICK_TAKEN) report.violation("not told that its tick was taken");
    }
    house.bench.committer->retireLane(ticket.lane, RVFB_REASON_WORKER_LOST);
    checkReadable(house.bench, house.reader, report);
    house.airOnNewLane(kTicksAfter, report);
    checkReadable(house.bench, house.reader, report);
  }
  return report.finish();
} catch (const Child::NotPermitted& refused) {
  Report report("worker-stopped");
  report.skip(refused.why);
  return report.finish();
}

}  // namespace retrovue::framebus::adversity
