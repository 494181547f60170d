#pragma once
#include <memory>
#include <vector>

#include "recipe.h"
#include "tone_map.h"
#include "word_rows.h"

namespace retrovue::conform {

/// What a matrix makes brightness of, by its number: red's and blue's part; {0, 0} for those not known here.
struct LumaParts {
  double red = 0, blue = 0;
};
LumaParts lumaPartsOf(int matrix);

/// `ToneMap` with its nodes in a program's own brightness and colours, as units: what lies between nodes is made of them in
/// equal shares either way, so nothing is left to convert behind the table. Immutable once made, so any number of threads may
/// use one.
class ToneCube {
 public:
  /// The one for a curve, a peak and a program's matrix, range and depth, shared as tone maps are. Null for a matrix not known.
  static std::shared_ptr<const ToneCube> of(HdrCurve curve, int peak, const Colour& program, int programDepth);

  ToneCube(const ToneMap& map, const Colour& program, int programDepth);
  const std::int16_t* nodes() const { return nodes_.data(); }

 private:
  std::vector<std::int16_t> nodes_;
};

/// How rows of units of a source reach the cube's sides: its matrix (known here) and range.
ToneRow toneRowOf(const ToneCube& cube, const Colour& source, int sourceDepth);

}  // namespace retrovue::conform
