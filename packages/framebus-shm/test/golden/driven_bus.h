#pragma once
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "committer.h"
#include "lane_writer.h"
#include "tick_record.h"

namespace retrovue::framebus::golden {

inline constexpr std::int64_t kEpochNs = 1'800'000'000'000'000'000;

/// A tick as a worker would hand it over.
struct Handed {
  std::int64_t tick = 0;
  std::uint32_t buffer = RVFB_BUFFER_SLATE;
  std::uint32_t flags = 0;
  std::uint32_t reason = 0;
  std::uint32_t decoder = 0;
  std::int64_t mediaTimeNs = RVFB_NO_TIME;
  std::int64_t sourcePts = RVFB_NO_TIME;
  std::uint32_t sourceTbNum = 0;
  std::uint32_t sourceTbDen = 0;
  std::int64_t sourceIndex = RVFB_NO_INDEX;
  std::uint8_t segment = 0;
  std::uint64_t planRevision = 0;
  std::uint64_t decodeNs = 0;
  bool sound = true;
  /// Samples 5 and 6 of the first channel are what no encoder takes; the bus carries them as zero.
  bool notFinite = false;
  std::uint32_t silentSamples = 0;
  /// 0: no asset.
  std::uint64_t assetKey = 0;
  std::string uri;
  std::string title;
  std::vector<AncillaryRecord> ancillary;
  /// Rows and bytes that the picture begins further in, as a cropped frame does.
  std::uint32_t cropRows = 0;
  std::uint32_t cropBytes = 0;
};

/// Ends the program with a sentence. For what a tool of tests cannot go on after.
[[noreturn]] void giveUp(const std::string& why);

/// Byte `x` of row `y` in plane `p` of the picture that tick `tick` brought.
constexpr std::uint8_t pixelOf(std::int64_t tick, std::uint32_t p, std::uint32_t y, std::uint32_t x) {
  return static_cast<std::uint8_t>(tick * 7 + p * 31 + y * 3 + x);
}

/// Sample `index` of a channel: a ramp, falling in odd channels; never zero, and of a period that no ring
/// divides.
constexpr float sampleOf(std::uint64_t index, std::uint32_t channel) {
  const float value = static_cast<float>(index % 1000 + 1) / 1024.0f;
  return channel % 2 == 0 ? value : -value;
}

/// The real committer with one worker's lane, both in this process.
class DrivenBus {
 public:
  DrivenBus(const BusSpec& spec, const Place& place);

  Committer& committer() { return *committer_; }
  LaneWriter& lane() { return *lane_; }
  const HouseGrid& grid() const { return grid_; }
  /// As every reader sees it.
  const rvfb_header& header() const {
    return *reinterpret_cast<const rvfb_header*>(committer_->control()->at());
  }
  const std::string& path() const { return path_; }

  void start(std::int64_t first);
  /// The clock stands still at `house`.
  void stopClockAt(std::int64_t house);
  std::int64_t guardTimeOf(std::int64_t tick) const;

  std::uint32_t loan();
  void paint(std::uint32_t buffer, std::int64_t tick);
  /// The lane is never full: every tick is waited for before the next is handed over.
  void hand(const Handed& handed);
  void release(std::uint32_t buffer) { lane_->release(buffer, false); }
  void waitForTick(std::int64_t tick);
  /// Loans, paints, hands over, releases and waits.
  void air(Handed handed);

 private:
  BusSpec spec_;
  HouseGrid grid_;
  std::string path_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<LaneWriter> lane_;
  std::uint64_t mappings_ = 1;
};

}  // namespace retrovue::framebus::golden
