#pragma once
#include <vector>

namespace retrovue::conform {

/// Keeps sound at or below full scale (0 dBFS, ±1) by turning it down for a moment, all channels alike, instead of cutting
/// its peaks off. It turns down over the 1.5 ms before a peak, as far as these samples are known already, and back over
/// some 100 ms. Sound that stays below full scale passes untouched.
class Limiter {
 public:
  explicit Limiter(int sampleRate);

  /// How far ahead it looks, in samples.
  int lookAhead() const { return lookAhead_; }

  /// Multiplies `samples` of each channel by `gain` and limits them, from `from` into `into`. `known` samples can be read at
  /// `from`: those beyond `samples` are looked at, no more. All are numbers; infinite ones count as the largest there is.
  void process(const float* const* from, float* const* into, int channels, int samples, int known, float gain);

 private:
  const int lookAhead_;
  const float attackStep_;
  const double release_;
  double turnedTo_ = 1;  ///< Doubled precision: a float's steps near 1 are larger than those of the release.
  std::vector<float> gains_;
};

}  // namespace retrovue::conform
