#pragma once
#include <retrovue/expected.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace retrovue::renderer {

/// A picture to make a still of. Borrowed during the call.
struct StillSource {
  std::array<const std::uint8_t*, 4> planes{};
  std::array<int, 4> strides{};
  int width = 0;
  int height = 0;
  /// libav's name.
  std::string pixelFormat;
  int sarNum = 1;
  int sarDen = 1;
  /// H.273 code points; range 1 is limited, 2 full.
  int matrix = 2;
  int range = 0;
};

/// A JPEG with square pixels, at most `widthMax` wide. Any thread, any number at once. `UnsupportedMedia` for formats that
/// libswscale does not read.
Expected<std::vector<std::uint8_t>> encodeJpeg(const StillSource& source, int widthMax);

}  // namespace retrovue::renderer
