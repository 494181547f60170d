#pragma once
#include <cstdint>
#include <vector>

#include "byte_rows.h"
#include "recipe.h"

namespace retrovue::conform {

/// Which samples of a row or column each output sample is made of, and how much each counts: the same taps and edges as
/// zimg's, so that a picture does not tell which of the two has scaled it.
struct FilterBank {
  /// Even; the last one may count nothing.
  int taps = 0;
  /// Of each output its first sample; `left + taps` lies within the source.
  std::vector<int> left;
  /// `taps` for each output, of 2^weightBits parts; they add up to exactly that.
  std::vector<std::int16_t> weights;
};

/// Where outputs lie on the source: output i is centred at `start + (i + 0.5) · step`, sample n at n + 0.5.
struct Axis {
  int samples = 0;
  int outputs = 0;
  double start = 0;
  double step = 1;
};

/// Empty (`taps` 0) where the source has fewer samples than the filter has taps.
FilterBank filterBank(Filter filter, const Axis& axis);

}  // namespace retrovue::conform
