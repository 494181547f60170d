#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace retrovue::conform {

/// Pixel formats by their place in `pixelFormats` of core (picture-format.ts). The order is part of the crossing.
enum class PixelFormat : std::uint8_t {
  yuv420p,
  yuv422p,
  yuv444p,
  yuv420p10le,
  yuv422p10le,
  yuv444p10le,
  yuv420p12le,
  yuv422p12le,
  yuv444p12le,
  nv12,
  p010le,
  gray,
  gray10le,
  rgb24,
  rgba,
  gbrp,
};
constexpr int pixelFormatCount = 16;

/// How the components of a pixel lie in memory.
enum class Packing : std::uint8_t {
  planar,   ///< each in a plane of its own
  paired,   ///< brightness in a plane, both colours alternating in another
  packed,   ///< all in one plane, pixel by pixel
  grey,     ///< brightness alone
};

/// What is known of a pixel format.
struct PixelLayout {
  Packing packing;
  bool isRgb;
  int depth;       ///< significant bits of a sample
  int bytes;       ///< bytes of a sample
  int shift;       ///< bits below the significant ones (p010: 6)
  int log2X;       ///< chroma subsampling of the picture once it is planar
  int log2Y;
  int planes;      ///< planes in memory
  int pixelBytes;  ///< bytes of a pixel of a packed format, else 0
};

const PixelLayout& layoutOf(PixelFormat format);

/// Bytes of one row of memory plane `plane`, and its rows, of a picture of this size.
std::size_t rowBytes(const PixelLayout& layout, int plane, int width);
int rowsOf(const PixelLayout& layout, int plane, int height);

constexpr int ceilShift(int value, int bits) {
  return (value + (1 << bits) - 1) >> bits;
}

/// Borrowed pixel memory that is read.
struct PictureIn {
  std::array<const std::uint8_t*, 4> plane{};
  std::array<std::size_t, 4> stride{};
};

/// Borrowed pixel memory that is written.
struct PictureOut {
  std::array<std::uint8_t*, 4> plane{};
  std::array<std::size_t, 4> stride{};
};

}  // namespace retrovue::conform
