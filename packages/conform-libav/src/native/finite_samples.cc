#include "finite_samples.h"

#include <cmath>

namespace retrovue::conform {

bool areSound(const float* samples, std::size_t count, float loudest) {
  // Counted without leaving early, so that it is done in vectors. No comparison holds for what is no number.
  int strange = 0;
  for (std::size_t i = 0; i < count; ++i) strange += std::fabs(samples[i]) <= loudest ? 0 : 1;
  return strange == 0;
}

void mendSamples(float* samples, std::size_t count, float loudest) {
  if (areSound(samples, count, loudest)) return;
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isnan(samples[i])) samples[i] = 0;
    else if (std::fabs(samples[i]) > loudest) samples[i] = std::copysign(1.0F, samples[i]);
  }
}

}  // namespace retrovue::conform
