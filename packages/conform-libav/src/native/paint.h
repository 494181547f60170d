#pragma once
#include "recipe.h"

namespace retrovue::conform {

/// Whole pixels of the program.
struct Area {
  int x, y, width, height;
};

/// Paints and dims program pictures: planar YCbCr of 8 to 12 bits.
class Painter {
 public:
  Painter(PixelFormat format, int width, int height, bool fullRange)
      : layout_(layoutOf(format)), width_(width), height_(height), full_(fullRange) {}

  void paintBlack(const PictureOut& into, const Area& area) const;
  /// Everything but `picture`.
  void paintBars(const PictureOut& into, const Area& picture) const;
  /// From the area's samples to black: `alpha` of 65536 parts of the picture stay. 65536 changes nothing.
  void dim(const PictureOut& into, const Area& area, int alpha) const;

 private:
  int blackOf(int plane) const;
  template <class Sample, class Row>
  void eachRow(const PictureOut& into, const Area& area, const Row& row) const;

  const PixelLayout& layout_;
  int width_;
  int height_;
  bool full_;
};

}  // namespace retrovue::conform
