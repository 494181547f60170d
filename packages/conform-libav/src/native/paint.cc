#include "paint.h"

#include <algorithm>

namespace retrovue::conform {

int Painter::blackOf(int plane) const {
  const int scale = layout_.depth - 8;
  if (plane > 0) return 128 << scale;
  return full_ ? 0 : 16 << scale;
}

template <class Sample, class Row>
void Painter::eachRow(const PictureOut& into, const Area& area, const Row& row) const {
  for (int plane = 0; plane < layout_.planes; ++plane) {
    const int log2X = plane == 0 ? 0 : layout_.log2X, log2Y = plane == 0 ? 0 : layout_.log2Y;
    const int left = area.x >> log2X, right = ceilShift(area.x + area.width, log2X);
    const int bottom = ceilShift(area.y + area.height, log2Y);
    for (int y = area.y >> log2Y; y < bottom; ++y) {
      auto* samples = reinterpret_cast<Sample*>(into.plane[plane] + static_cast<std::size_t>(y) * into.stride[plane]);
      row(samples + left, samples + right, blackOf(plane));
    }
  }
}

void Painter::paintBlack(const PictureOut& into, const Area& area) const {
  if (area.width <= 0 || area.height <= 0) return;
  const auto fill = [](auto* from, auto* to, int black) { std::fill(from, to, black); };
  if (layout_.bytes == 1) eachRow<std::uint8_t>(into, area, fill);
  else eachRow<std::uint16_t>(into, area, fill);
}

void Painter::paintBars(const PictureOut& into, const Area& picture) const {
  const int right = picture.x + picture.width, bottom = picture.y + picture.height;
  paintBlack(into, {0, 0, width_, picture.y});
  paintBlack(into, {0, bottom, width_, height_ - bottom});
  paintBlack(into, {0, picture.y, picture.x, picture.height});
  paintBlack(into, {right, picture.y, width_ - right, picture.height});
}

void Painter::dim(const PictureOut& into, const Area& area, int alpha) const {
  const auto scale = [alpha](auto* from, auto* to, int black) {
    using Sample = std::remove_reference_t<decltype(*from)>;
    // An arithmetic shift rounds down, so that half a step more makes it the nearest on both sides of black.
    for (auto* at = from; at < to; ++at) {
      *at = static_cast<Sample>(black + (((*at - black) * alpha + 32768) >> 16));
    }
  };
  if (layout_.bytes == 1) eachRow<std::uint8_t>(into, area, scale);
  else eachRow<std::uint16_t>(into, area, scale);
}

}  // namespace retrovue::conform
