#include "wild_worker.h"

#include <cmath>
#include <random>

#include "checks.h"
#include "child.h"

namespace retrovue::framebus::adversity {

using namespace testing;

namespace {

constexpr int kTicksOfMadness = 500;
constexpr int kTicksAfter = 40;

/// What must hold of a tick whoever submitted it.
void checkSense(const Bench& bench, const Reader& reader, std::int64_t tick, Report& report) {
  const auto complain = [&](const std::string& what) {
    report.violation("tick " + std::to_string(tick) + ": " + what);
  };
  rvfb_frame frame{};
  const rvfb_status status = reader.read(tick, frame);
  if (status != RVFB_OK) return complain(rvfb_status_text(status));
  report.count("ticksChecked");
  const rvfb_slot& s = frame.slot;
  report.count(s.lane == 0 ? "stoodIn" : "submitted");
  if (s.tick != tick || s.house_time_ns != bench.grid.tickTime(tick)) complain("wrong tick or time");
  if (s.sample_start != bench.grid.sampleAt(tick) || s.sample_count != bench.grid.samplesIn(tick))
    complain("wrong samples");
  if (s.silent_samples > s.sample_count) complain("more silence than samples");
  const std::uint32_t kind = s.flags & (RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK);
  if (s.flags > 255 || (kind & (kind - 1)) != 0) complain("senseless flags");
  if ((kind == 0) != (s.stand_in_reason == 0) || s.stand_in_reason > RVFB_REASON_LAST)
    complain("senseless reason");
  const rvfb_header& header = *rvfb_reader_header(reader.raw);
  if (s.buffer < header.buffer_count && s.lane == 0 && (kind & RVFB_FLAG_HOLD) == 0)
    complain("a stand-in with a worker's picture");
  if (s.asset_index != RVFB_NO_ASSET && s.asset_index >= header.asset_count) complain("senseless asset");
  std::vector<float> left(s.sample_count), right(s.sample_count);
  float* into[2] = {left.data(), right.data()};
  if (!rvfb_reader_sound(reader.raw, &s, into, 2)) complain("overwritten sound");
  for (std::uint32_t i = 0; i < s.sample_count; ++i) {
    if (std::isfinite(left[i]) && std::isfinite(right[i])) continue;
    complain("sound that is no number");
    break;
  }
}

}  // namespace

int wildWorker(const Campaign& campaign) {
  Report report("wild-worker");
  for (std::uint32_t trial = 0; trial < campaign.count; ++trial) {
    report.count("trials");
    Bench bench(trialSpec());
    bench.committer->start(bench.first);
    const Reader reader(bench.path());
    auto ticket = bench.committer->openLane();
    REQUIRE(ticket);
    Child wild({"wild", bench.path(), ticket->path, std::to_string(ticket->lane),
                std::to_string(campaign.seed + trial)},
               false);
    wild.letRun();
    std::int64_t tick = bench.first;
    for (int i = 0; i < kTicksOfMadness; ++i, ++tick) {
      bench.moveToGuardOf(tick);
      reader.mustRead(tick);
      checkSense(bench, reader, tick, report);
    }
    wild.kill();
    bench.committer->retireLane(ticket->lane, RVFB_REASON_WORKER_LOST);
    auto lane = bench.openLane();
    // It may have handed over ticks up to the lead.
    const std::int64_t from = rvfb_reader_head(reader.raw) + 1;
    bench.now = from - 4;
    for (tick = from; tick < from + kTicksAfter; ++tick) {
      air(bench, *lane, tick);
      reader.mustRead(tick);
      checkTick(bench, reader, tick, report);
    }
    std::vector<bool> held(bench.committer->header().buffer_count);
    for (int i = 0; i < 3; ++i) {
      const std::uint32_t buffer = mustLoan(*lane);
      if (held.at(buffer)) report.violation("one buffer lent twice");
      held.at(buffer) = true;
    }
    const rvfb_counters counters = bench.committer->counters();
    report.count("refused", counters.refused);
    if (counters.committed != static_cast<std::uint64_t>(rvfb_reader_head(reader.raw) - bench.first + 1))
      report.violation("ticks were left out or told twice");
  }
  return report.finish();
}

}  // namespace retrovue::framebus::adversity
