#include "engine_killed.h"

#include <fcntl.h>
#include <unistd.h>

#include <random>

#include "checks.h"
#include "child.h"
#include "dead_objects.h"

namespace retrovue::framebus::adversity {

using namespace testing;

namespace {

constexpr int kTicksBefore = 20;

/// Hands over what is put together without waking the committer's thread, so that the next call on this one
/// commits it.
void submitUnheard(rvfb_lane& raw) {
  rvfb_ring_hand_over(&raw.submission_tail, __atomic_load_n(&raw.submission_tail, __ATOMIC_RELAXED) + 1);
}

void checkDead(const Bench& bench, const Reader& reader, Report& report) {
  if (rvfb_reader_check(reader.raw) != RVFB_STALE)
    report.violation("a reader is not told that its engine is dead");
  if (rvfb_reader_wait(reader.raw, INT64_MAX, 20 * kSecond) != RVFB_STALE)
    report.violation("a reader waits for a dead engine");
  rvfb_mapping mapping;
  rvfb_reader_mapping(reader.raw, &mapping);
  const std::int64_t head = rvfb_reader_head(reader.raw);
  for (std::int64_t tick = bench.first; tick <= head; ++tick) {
    rvfb_frame frame;
    const rvfb_status status = reader.read(tick, frame);
    if (status == RVFB_OK)
      checkTick(bench, reader, tick, report);
    else if (status != RVFB_OVERRUN && status != RVFB_STALE)
      report.violation(rvfb_status_text(status));
  }
  if (Reader(bench.path()).status != RVFB_NOT_FOUND) report.violation("a dead bus can be opened");
}

}  // namespace

int killedEngine(const std::string& prefix, const std::string& phase) {
  if (phase == "making") {
    reachMark();
    auto made = Committer::create(trialSpec(), Place{.prefix = prefix}, nullptr);
    reachMark();
    return made ? 0 : 2;
  }
  Bench bench(trialSpec(), Place{.prefix = prefix});
  bench.committer->start(bench.first);
  auto ticket = bench.committer->openLane();
  if (!ticket) return 2;
  const FileDescriptor fd(::open(ticket->path.c_str(), O_RDWR | O_CLOEXEC));
  auto memory = Mapping::make(fd.get(), layoutOf(bench.spec)->laneBytes(), true);
  auto lane = LaneWriter::open(bench.path(), ticket->path, ticket->lane);
  if (!memory || !lane) return 2;
  std::int64_t next = bench.first;
  for (; next < bench.first + kTicksBefore; ++next) air(bench, **lane, next);
  if (phase == "committing") {
    const std::uint32_t buffer = mustLoan(**lane);
    paint(pixelsOf(**lane, buffer), (*lane)->header().format.picture_bytes, shadeOf(next));
    putTogether(**lane, next, buffer);
    // A moment in which nothing is committed: the committer's thread sleeps after it.
    rvfb_reader_wait(Reader(bench.path()).raw, next, 2'000'000);
    submitUnheard(*reinterpret_cast<rvfb_lane*>((*memory)->at()));
  }
  reachMark();
  if (phase == "committing") bench.moveToTime(bench.grid.tickTime(next - 4));
  if (phase == "standing-in") bench.moveToGuardOf(next);
  if (phase == "closing") bench.committer->close();
  if (phase == "changing-lanes") {
    if (!bench.committer->openLane()) return 2;
    bench.committer->retireLane(ticket->lane, RVFB_REASON_WORKER_LOST);
  }
  reachMark();
  return 0;
}

int engineKilled(const Campaign& campaign, const std::string& phase) try {
  Report report("engine-killed-" + phase);
  std::mt19937_64 random(campaign.seed);
  const Place place = placeOfTest();
  const std::vector<std::string> role{"killed-engine", place.prefix, phase};
  // A bus is made by its system calls, long fills of memory in between; everything else goes by instruction.
  const bool byCalls = phase == "making";
  const auto step = [byCalls](Child& engine, std::uint64_t steps) {
    return byCalls ? engine.stepCalls(steps) : engine.step(steps);
  };
  const Strikes strikes({phase}, [&](const std::string&) {
    Child whole(role, true);
    return step(whole, UINT64_MAX);
  });
  removeDeadObjects(place.directory, place.prefix);
  report.count(byCalls ? "systemCalls" : "instructions", strikes.steps());
  for (std::uint32_t trial = 0; trial < campaign.count; ++trial) {
    report.count("trials");
    Child engine(role, true);
    std::unique_ptr<Reader> reader;
    const std::string path = place.directory + "/" + busName(place.prefix, "east", 7);
    if (phase != "making") {
      reader = std::make_unique<Reader>(path);
      if (reader->status != RVFB_OK) report.violation("a living bus cannot be opened");
    }
    step(engine, strikes.of(trial, campaign.count, random()).step);
    engine.kill();
    report.count("objectsLeft", static_cast<std::uint64_t>(objectsOf(place)));
    // The next start is by the same id, or by another of the house.
    if (random() % 2 == 0) {
      Bench next(trialSpec(), place);
      if (reader && rvfb_reader_check(reader->raw) != RVFB_STALE)
        report.violation("a reader is not told of the new bus");
      if (Reader(path).status != RVFB_OK) report.violation("the bus after it cannot be opened");
      if (objectsOf(place) != 3) report.violation("the bus after it is not alone");
    } else {
      if (reader) {
        Bench next(trialSpec());  // For its grid.
        next.place = place;
        checkDead(next, *reader, report);
      }
      removeDeadObjects(place.directory, place.prefix);
    }
    if (objectsOf(place) != 0) report.violation("objects are left in shared memory");
  }
  return report.finish();
} catch (const Child::NotPermitted& refused) {
  Report report("engine-killed-" + phase);
  report.skip(refused.why);
  return report.finish();
}

}  // namespace retrovue::framebus::adversity
