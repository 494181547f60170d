#pragma once
#include <array>
#include <cstdint>

#include "word_rows.h"

namespace retrovue::conform {

/// Ordered dithering of units to samples of `depth` bits, as zimg does it: Bayer's matrix of 16 by 16, mirrored for one colour
/// and turned over for the other, so that the three do not rise together. Immutable.
class Dither {
 public:
  explicit Dither(int depth);
  /// What row `y` of a plane adds, in units, `wordVector` columns that go on over and over; aligned to 64 bytes.
  const std::int16_t* row(int plane, int y) const { return rows_[plane == 1 ? 1 : 0][plane == 2 ? 15 - y % 16 : y % 16].data(); }

 private:
  alignas(64) std::array<std::array<std::int16_t, wordVector>, 16> rows_[2];
};

}  // namespace retrovue::conform
