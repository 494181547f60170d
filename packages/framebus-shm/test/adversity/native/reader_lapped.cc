#include "reader_lapped.h"

#include <cstdio>
#include <random>
#include <sstream>

#include "checks.h"
#include "child.h"

namespace retrovue::framebus::adversity {

using namespace testing;

int lappedReader(const std::string& path, std::int64_t tick, const std::string& from,
                 const std::string& mutant) {
  const Reader reader(path, "lapped");
  if (reader.status != RVFB_OK) return 2;
  const rvfb_header& header = *rvfb_reader_header(reader.raw);
  const HouseGrid grid = trialSpec().grid();
  const std::uint32_t samples = grid.samplesIn(tick);
  std::vector<float> left(header.audio_samples), right(header.audio_samples);
  float* into[2] = {left.data(), right.data()};
  rvfb_frame frame{};
  rvfb_asset asset{};
  bool same = false;
  int intact = 0, heard = 0, named = 0;
  const auto begin = [&from](const char* part) {
    if (from == part) reachMark();
  };
  begin("slot");
  const rvfb_status status = reader.read(tick, frame);
  begin("pixels");
  if (status == RVFB_OK) {
    same = hasShade(header, frame, shadeOf(tick));
    intact = mutant == "trusts-pixels" || rvfb_reader_intact(reader.raw, &frame.slot);
  }
  begin("sound");
  if (status == RVFB_OK)
    heard = rvfb_reader_sound(reader.raw, &frame.slot, into, 2) || mutant == "trusts-sound";
  begin("asset");
  if (status == RVFB_OK) named = rvfb_reader_asset(reader.raw, &frame.slot, &asset) == RVFB_OK;
  reachMark();
  if (status == RVFB_OVERRUN) return std::puts("overrun") < 0;
  if (status != RVFB_OK) return std::printf("violation status: %s\n", rvfb_status_text(status)) < 0;
  const rvfb_slot& slot = frame.slot;
  const bool isTick = slot.tick == tick && slot.source_index == tick && slot.media_time_ns == tick * 1000 &&
                      slot.house_time_ns == grid.tickTime(tick) && slot.sample_start == grid.sampleAt(tick) &&
                      slot.sample_count == samples && slot.segment_id[15] == 0xaa;
  if (!isTick) std::puts("violation a descriptor of more than one tick");
  if (intact && !same) std::puts("violation torn picture, not told");
  for (std::uint32_t i = slot.silent_samples; heard && i < samples; ++i) {
    if (left[i] == sampleOf(slot.sample_start + i, 0) && right[i] == sampleOf(slot.sample_start + i, 1))
      continue;
    std::puts("violation overwritten sound, not told");
    break;
  }
  if (named && std::string(asset.title, asset.title_bytes) != std::to_string(tick))
    std::puts("violation another asset, not told");
  std::puts(intact ? "intact" : "torn-and-told");
  std::puts(heard ? "heard" : "overwritten-and-told");
  return 0;
}

int readerLapped(const Campaign& campaign) try {
  Report report("reader-lapped");
  std::mt19937_64 random(campaign.seed);
  Bench bench(trialSpec());
  bench.committer->start(bench.first);
  auto lane = bench.openLane();
  const Reader reader(bench.path());
  std::int64_t next = bench.first;
  const auto airMany = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) air(bench, *lane, next++);
    reader.mustRead(next - 1);
  };
  airMany(20);
  const auto roleOf = [&](std::int64_t tick, const std::string& from) {
    return std::vector<std::string>{"lapped-reader", bench.path(), std::to_string(tick), from,
                                    campaign.mutant};
  };
  const Strikes strikes({"slot", "pixels", "sound", "asset"}, [&](const std::string& from) {
    return Child(roleOf(next - 1, from), true).step(UINT64_MAX);
  });
  report.count("instructions", strikes.steps());

  for (std::uint32_t trial = 0; trial < campaign.count; ++trial) {
    report.count("trials");
    airMany(1);
    const std::int64_t oldest = rvfb_reader_oldest(reader.raw);
    const std::int64_t tick =
        oldest + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(next - oldest));
    const auto strike = strikes.of(trial, campaign.count, random());
    Child child(roleOf(tick, strike.part), true);
    child.step(strike.step);
    // Up to two rounds of the slots, or now and then one of the sound.
    airMany(random() % 8 == 0 ? 120 + random() % 40 : random() % 37);
    // What is drawn next is under way: half a picture in every buffer that can be had.
    std::vector<std::uint32_t> drawn;
    while (const auto buffer = lane->loan()) {
      drawn.push_back(*buffer);
      paint(pixelsOf(*lane, *buffer), lane->header().format.picture_bytes / 16 * 8, 1);
    }
    child.run();
    child.run();
    if (!child.complaint().empty()) report.violation("the reader " + child.complaint());
    std::istringstream lines(child.output());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("violation ")) {
        report.violation("tick " + std::to_string(tick) + ", trial " + std::to_string(trial) + ": " +
                         line.substr(10));
      } else {
        report.count(line);
      }
    }
    for (const std::uint32_t buffer : drawn) lane->release(buffer, true);
  }
  return report.finish();
} catch (const Child::NotPermitted& refused) {
  Report report("reader-lapped");
  report.skip(refused.why);
  return report.finish();
}

}  // namespace retrovue::framebus::adversity
