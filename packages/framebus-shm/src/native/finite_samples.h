#pragma once
#include <cstdint>

namespace retrovue::framebus {

/// Stores `count` samples of a worker into a ring that readers copy from meanwhile; what is not finite
/// becomes silence, since encoders fail on it. `from`: null for silence.
///
/// Each sample is loaded once, judged in a register and stored once: the worker may change its own at any
/// time, and readers see a sample whole or not at all. Orders nothing: that is `rvfb_sound_reserve` and
/// `rvfb_sound_commit`.
void storeFiniteSamples(std::uint32_t* into, const float* from, std::uint32_t count);

}  // namespace retrovue::framebus
