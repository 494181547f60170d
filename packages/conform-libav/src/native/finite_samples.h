#pragma once
#include <cstddef>

namespace retrovue::conform {

/// What no sound is: 120 dB above full scale. Sums and products of samples below it stay far from infinity.
constexpr float loudestSample = 1'048'576.0F;  // 2^20

/// Floating-point sound may hold anything. What is no number becomes silence, what is beyond `loudest` full scale of its sign; all else
/// stays as it is, to the bit.
///
/// @param loudest the largest float that there is, where only infinities are to be taken out
void mendSamples(float* samples, std::size_t count, float loudest);

/// Whether `mendSamples` would leave them as they are.
bool areSound(const float* samples, std::size_t count, float loudest);

}  // namespace retrovue::conform
