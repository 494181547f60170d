#include "surface.h"

namespace retrovue::conform {

Surface::Surface(int width, int height, int log2X, int log2Y, int bytes)
    : width_(ceilShift(width, log2X) << log2X),
      height_(ceilShift(height, log2Y) << log2Y),
      log2X_(log2X),
      log2Y_(log2Y),
      bytes_(bytes) {
  std::array<std::size_t, 3> offsets{};
  std::size_t total = 0;
  for (int plane = 0; plane < 3; ++plane) {
    strides_[plane] = aligned(static_cast<std::size_t>(columns(plane)) * bytes_);
    offsets[plane] = total;
    total += strides_[plane] * rows(plane);
  }
  memory_ = alignedBytes(total);
  if (!memory_) return;
  for (int plane = 0; plane < 3; ++plane) planes_[plane] = memory_.get() + offsets[plane];
}

}  // namespace retrovue::conform
