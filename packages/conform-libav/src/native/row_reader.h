#pragma once
#include "pixel_layout.h"
#include "surface.h"

namespace retrovue::conform {

/// Reads a borrowed picture of any format as rows of separate components: YCbCr, or R, G, B. Beyond its right and
/// bottom edge (where a picture of odd size lacks half a colour sample) the last sample goes on. Alpha is laid over black.
class RowReader {
 public:
  RowReader(PixelFormat format, int width, int height) : layout_(layoutOf(format)), width_(width), height_(height) {}

  const PixelLayout& layout() const { return layout_; }
  /// Writes samples `[left, right)` of row `y` of component `plane` to `row + left`: `row` is the row's first sample.
  void read(const PictureIn& from, int plane, int y, int left, int right, std::uint8_t* row) const;
  /// The whole picture into a surface of its size and layout.
  void readAll(const PictureIn& from, Surface& into) const;
  /// Which plane of memory holds a component.
  int memoryPlane(int component) const;

 private:
  void readSamples(const std::uint8_t* line, int component, int left, int right, std::uint8_t* row) const;

  const PixelLayout& layout_;
  int width_;
  int height_;
};

}  // namespace retrovue::conform
