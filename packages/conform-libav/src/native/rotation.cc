#include "rotation.h"

#include <algorithm>

namespace retrovue::conform {
namespace {

/// A block of source rows and columns stays in the first-level cache while it is read crosswise.
constexpr int block = 32;

template <class Sample>
const Sample* lineOf(const Surface& surface, int plane, int y) {
  return reinterpret_cast<const Sample*>(surface.row(plane, y));
}

template <class Sample>
void turnHalf(const Surface& from, Surface& into, int plane) {
  const int columns = from.columns(plane), rows = from.rows(plane);
  for (int y = 0; y < rows; ++y) {
    const Sample* source = lineOf<Sample>(from, plane, rows - 1 - y);
    std::reverse_copy(source, source + columns, reinterpret_cast<Sample*>(into.row(plane, y)));
  }
}

template <class Sample>
void turnQuarter(const Surface& from, Surface& into, int plane, bool clockwise) {
  const int columns = into.columns(plane), rows = into.rows(plane);
  for (int top = 0; top < rows; top += block) {
    for (int left = 0; left < columns; left += block) {
      const int bottom = std::min(top + block, rows), right = std::min(left + block, columns);
      for (int y = top; y < bottom; ++y) {
        auto* line = reinterpret_cast<Sample*>(into.row(plane, y));
        // Clockwise the source's left column, read upwards, becomes the top row.
        const int column = clockwise ? y : rows - 1 - y;
        for (int x = left; x < right; ++x) {
          line[x] = lineOf<Sample>(from, plane, clockwise ? columns - 1 - x : x)[column];
        }
      }
    }
  }
}

template <class Sample>
void rotatePlane(const Surface& from, Surface& into, int plane, int degrees) {
  if (degrees == 180) turnHalf<Sample>(from, into, plane);
  else turnQuarter<Sample>(from, into, plane, degrees == 90);
}

}  // namespace

void rotate(const Surface& from, Surface& into, int degrees) {
  for (int plane = 0; plane < 3; ++plane) {
    if (from.bytes() == 1) rotatePlane<std::uint8_t>(from, into, plane, degrees);
    else rotatePlane<std::uint16_t>(from, into, plane, degrees);
  }
}

}  // namespace retrovue::conform
