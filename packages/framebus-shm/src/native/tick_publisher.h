#pragma once
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <vector>

#include "bus_store.h"
#include "house_time.h"
#include "picture_pool.h"

namespace retrovue::framebus {

/// Publishes one tick after another, in the order of rules 4 and 1: retire, sound, slot, head. Knows which
/// slots refer to which buffers, and what was heard last. Allocates at construction only.
class TickPublisher {
 public:
  TickPublisher(const HouseGrid& grid, BusStore& store, PicturePool& pool);

  /// Fills in what grid and buffer say and publishes. `sound`: one run per channel, null for silence.
  void publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound);
  /// The sound of a stand-in: from the last sample that was heard to nothing; null where it was nothing
  /// already.
  const float* const* fadeOut(std::int64_t tick);
  /// Sound that comes back after such a stand-in: risen from nothing over 5 ms, and told as missing for as
  /// long. Sound that begins at nothing by itself (its worker has faded it) is left as it is.
  const float* const* fadeIn(const float* const* sound, rvfb_slot& slot);

 private:
  std::uint32_t fadeLength(std::uint32_t samples) const;
  float* fadeChannel(std::size_t channel);
  void retireUpTo(std::int64_t oldest);
  void noteSound(const float* const* sound, std::uint32_t samples);

  const HouseGrid grid_;
  BusStore& store_;
  PicturePool& pool_;
  std::vector<std::uint32_t> slotBuffers_;  // Which buffer each slot refers to.
  std::vector<float> fade_;
  std::vector<const float*> fadeChannels_;
  std::vector<float> lastSample_;
};

}  // namespace retrovue::framebus
