#include "pixel_layout.h"

namespace retrovue::conform {
namespace {

constexpr PixelLayout planar(int depth, int log2X, int log2Y, bool isRgb = false) {
  return {Packing::planar, isRgb, depth, depth > 8 ? 2 : 1, 0, log2X, log2Y, 3, 0};
}

// Colour that grey does not have is made up at the coarsest grid.
constexpr PixelLayout grey(int depth) {
  return {Packing::grey, false, depth, depth > 8 ? 2 : 1, 0, 1, 1, 1, 0};
}

constexpr std::array<PixelLayout, pixelFormatCount> layouts{{
    planar(8, 1, 1),
    planar(8, 1, 0),
    planar(8, 0, 0),
    planar(10, 1, 1),
    planar(10, 1, 0),
    planar(10, 0, 0),
    planar(12, 1, 1),
    planar(12, 1, 0),
    planar(12, 0, 0),
    {Packing::paired, false, 8, 1, 0, 1, 1, 2, 0},
    {Packing::paired, false, 10, 2, 6, 1, 1, 2, 0},
    grey(8),
    grey(10),
    {Packing::packed, true, 8, 1, 0, 0, 0, 1, 3},
    {Packing::packed, true, 8, 1, 0, 0, 0, 1, 4},
    planar(8, 0, 0, true),
}};

}  // namespace

const PixelLayout& layoutOf(PixelFormat format) {
  return layouts[static_cast<std::size_t>(format)];
}

std::size_t rowBytes(const PixelLayout& layout, int plane, int width) {
  if (layout.packing == Packing::packed) return static_cast<std::size_t>(width) * layout.pixelBytes;
  const int samples = plane == 0 ? width : ceilShift(width, layout.log2X);
  const int parts = plane > 0 && layout.packing == Packing::paired ? 2 : 1;
  return static_cast<std::size_t>(samples) * layout.bytes * parts;
}

int rowsOf(const PixelLayout& layout, int plane, int height) {
  return plane == 0 ? height : ceilShift(height, layout.log2Y);
}

}  // namespace retrovue::conform
