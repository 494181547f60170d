#pragma once
#include <cstdlib>
#include <memory>

#include "pixel_layout.h"

namespace retrovue::conform {

/// Alignment of everything that zimg reads or writes: what its widest vectors ask for.
constexpr std::size_t alignment = 64;

constexpr std::size_t aligned(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using AlignedBytes = std::unique_ptr<std::uint8_t[], Free>;

/// Memory of at least this many bytes, aligned; null where there is none.
inline AlignedBytes alignedBytes(std::size_t bytes) {
  return AlignedBytes(static_cast<std::uint8_t*>(std::aligned_alloc(alignment, aligned(bytes + 1))));
}

/// A planar picture of our own: aligned, three planes, its size a whole number of chroma samples.
class Surface {
 public:
  Surface() = default;
  /// Null planes where memory is short: `operator bool` tells.
  Surface(int width, int height, int log2X, int log2Y, int bytes);

  explicit operator bool() const { return memory_ != nullptr; }
  int width() const { return width_; }
  int height() const { return height_; }
  int log2X() const { return log2X_; }
  int log2Y() const { return log2Y_; }
  int bytes() const { return bytes_; }
  int columns(int plane) const { return plane == 0 ? width_ : width_ >> log2X_; }
  int rows(int plane) const { return plane == 0 ? height_ : height_ >> log2Y_; }
  std::uint8_t* row(int plane, int y) const { return planes_[plane] + static_cast<std::size_t>(y) * strides_[plane]; }
  std::size_t stride(int plane) const { return strides_[plane]; }

 private:
  int width_ = 0, height_ = 0, log2X_ = 0, log2Y_ = 0, bytes_ = 1;
  AlignedBytes memory_;
  std::array<std::uint8_t*, 3> planes_{};
  std::array<std::size_t, 3> strides_{};
};

}  // namespace retrovue::conform
