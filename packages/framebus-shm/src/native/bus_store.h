#pragma once
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "house_time.h"
#include "layout.h"
#include "shared_object.h"

namespace retrovue::framebus {

/// All stores into a control object, in the order that the rules ask for. One user at a time: the committer.
/// What is decided on is never loaded from it: it may have been cut short by another process of our user.
class BusStore {
 public:
  /// Fills a fresh, zeroed control object: header, black picture, everything silent.
  BusStore(std::shared_ptr<Mapping> control, const rvfb_header& header, const ClockMapping& mapping);

  /// No tick before `first` will ever be readable.
  void begin(std::int64_t first);
  /// Raises the oldest tick, and takes with it the right to read what lies before.
  void retire(std::int64_t oldest);
  /// Rule 1. `slot.sequence` is ignored. `ancillary` holds `slot.ancillary_bytes`, zero-padded to a word.
  void storeSlot(const rvfb_slot& slot, const std::uint64_t* ancillary);
  /// Rule 1, sound first. `sound(channel)` points at `count` samples, or nowhere: silence. Not finite becomes
  /// zero.
  void storeSound(std::uint64_t start, std::uint32_t count, const float* const* channels);
  /// Makes `tick` visible. The waiters are woken by `wake`, once for many ticks.
  void publish(std::int64_t tick);
  void storeMapping(const ClockMapping& mapping);
  void storeAsset(std::uint32_t index, const char* uri, std::uint32_t uriBytes, const char* title,
                  std::uint32_t titleBytes, bool truncated);
  const rvfb_asset& asset(std::uint32_t index) const;
  /// Rule 4: the buffer's new generation.
  std::uint64_t lend(std::uint32_t buffer);
  std::uint64_t generation(std::uint32_t buffer) const;
  void storeCounters(const rvfb_counters& counters);
  void storeNewestLane(std::uint32_t lane);
  void beat();
  void close();
  void wake();

  std::int64_t head() const { return head_; }
  std::int64_t oldest() const { return oldest_; }
  /// The constants, as they were stored: a copy of our own, since the object may be cut short.
  const rvfb_header& header() const { return constants_; }
  std::byte* reserved(std::uint32_t buffer) const;

 private:
  std::uint64_t* words(std::uint64_t offset) const {
    return reinterpret_cast<std::uint64_t*>(control_->at(offset));
  }
  void raiseWord();

  std::shared_ptr<Mapping> control_;
  rvfb_header* header_;
  const rvfb_header constants_;
  std::int64_t head_ = RVFB_NO_TICK;
  std::int64_t oldest_ = 0;
};

}  // namespace retrovue::framebus
