#include "limiter.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace retrovue::conform {
namespace {

/// Short enough to be masked by the peak that it prepares, long enough to make no click.
constexpr double attackSeconds = 0.0015;
/// Slower than the lowest tone's period, so that the gain follows loudness and not the wave.
constexpr double releaseSeconds = 0.1;

/// Turned down by nothing but its own peak, infinity would be no number.
float bounded(float value) {
  constexpr float most = std::numeric_limits<float>::max();
  return std::clamp(value, -most, most);
}

}  // namespace

Limiter::Limiter(int sampleRate)
    : lookAhead_(std::max(1, static_cast<int>(attackSeconds * sampleRate))),
      attackStep_(1.0F / static_cast<float>(lookAhead_)),
      release_(1 - std::exp(-1 / (releaseSeconds * sampleRate))) {}

void Limiter::process(const float* const* from, float* const* into, int channels, int samples, int known, float gain) {
  const int seen = std::min(known, samples + lookAhead_);
  gains_.assign(static_cast<std::size_t>(seen), 1.0F);
  bool isOver = false;
  for (int channel = 0; channel < channels; ++channel) {
    for (int i = 0; i < seen; ++i) {
      const float peak = std::fabs(bounded(from[channel][i] * gain));
      if (peak > 1) {
        gains_[i] = std::min(gains_[i], 1 / peak);
        isOver = true;
      }
    }
  }
  if (isOver) {
    for (int i = seen - 2; i >= 0; --i) gains_[i] = std::min(gains_[i], gains_[i + 1] + attackStep_);
  }
  const bool isAtRest = !isOver && turnedTo_ == 1;
  if (!isAtRest) {
    for (int i = 0; i < samples; ++i) {
      turnedTo_ += (1 - turnedTo_) * release_;
      // Nearer than half a step of 16 bits: from here on samples are untouched again.
      if (turnedTo_ > 0.99999) turnedTo_ = 1;
      turnedTo_ = std::min<double>(gains_[i], turnedTo_);
      gains_[i] = static_cast<float>(turnedTo_);
    }
  }
  for (int channel = 0; channel < channels; ++channel) {
    for (int i = 0; i < samples; ++i) {
      const float value = from[channel][i] * gain;
      into[channel][i] = isAtRest ? value : std::clamp(bounded(value) * gains_[i], -1.0F, 1.0F);
    }
  }
}

}  // namespace retrovue::conform
