#include "dither.h"

namespace retrovue::conform {
namespace {

/// Place in Bayer's order, of 256: each bit of a coordinate, from the lowest on, weighs a quarter of the one before.
int bayer(int x, int y) {
  constexpr int cell[2][2] = {{0, 3}, {2, 1}};
  int order = 0;
  for (int bit = 0; bit < 4; ++bit) order = order * 4 + cell[(y >> bit) & 1][(x >> bit) & 1];
  return order;
}

}  // namespace

Dither::Dither(int depth) {
  for (int mirrored = 0; mirrored < 2; ++mirrored) {
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < wordVector; ++x) {
        const int order = bayer(mirrored == 1 ? 15 - x % 16 : x % 16, y);
        rows_[mirrored][static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
            static_cast<std::int16_t>((order << (unitBits - depth)) >> 8);
      }
    }
  }
}

}  // namespace retrovue::conform
