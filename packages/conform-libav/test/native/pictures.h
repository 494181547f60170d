#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "picture_converter.h"
#include "retrovue/test/runner.h"

namespace retrovue::conform::test {

/// What no picture of a test holds: found afterwards, it was not written.
constexpr std::uint8_t canary = 0xe7;

/// A picture in memory of its own, with rows longer than their pixels and canaries around them. `shift` bytes make it lie
/// where no vector wants it.
class Picture {
 public:
  Picture(PixelFormat format, int width, int height, std::size_t shift = 0, std::size_t padding = 32)
      : format_(format), width_(width), height_(height) {
    const PixelLayout& layout = layoutOf(format);
    for (int plane = 0; plane < layout.planes; ++plane) {
      stride_[plane] = rowBytes(layout, plane, width) + padding;
      const std::size_t bytes = stride_[plane] * rowsOf(layout, plane, height);
      memory_.emplace_back(bytes + 2 * guard, canary);
      offset_ = shift;
    }
  }

  std::uint8_t* row(int plane, int y) { return memory_[plane].data() + guard - 64 + offset_ + y * stride_[plane]; }
  int at(int plane, int x, int y) {
    if (layoutOf(format_).bytes == 1) return row(plane, y)[x];
    std::uint16_t value;
    std::memcpy(&value, row(plane, y) + 2 * static_cast<std::size_t>(x), 2);
    return value;
  }
  void set(int plane, int x, int y, int value) {
    if (layoutOf(format_).bytes == 1) {
      row(plane, y)[x] = static_cast<std::uint8_t>(value);
      return;
    }
    const auto word = static_cast<std::uint16_t>(value);
    std::memcpy(row(plane, y) + 2 * static_cast<std::size_t>(x), &word, 2);
  }
  int columns(int plane) const {
    const PixelLayout& layout = layoutOf(format_);
    return static_cast<int>(rowBytes(layout, plane, width_) / layout.bytes);
  }
  int rows(int plane) const { return rowsOf(layoutOf(format_), plane, height_); }
  int planes() const { return layoutOf(format_).planes; }

  template <class Value>
  Picture& draw(int plane, const Value& value) {
    for (int y = 0; y < rows(plane); ++y)
      for (int x = 0; x < columns(plane); ++x) set(plane, x, y, value(x, y));
    return *this;
  }
  Picture& flat(std::vector<int> values) {
    for (int plane = 0; plane < planes(); ++plane) draw(plane, [&](int, int) { return values[plane]; });
    return *this;
  }
  /// The greatest difference from a value over a whole plane.
  int farthestFrom(int plane, int value) {
    int most = 0;
    for (int y = 0; y < rows(plane); ++y)
      for (int x = 0; x < columns(plane); ++x) most = std::max(most, std::abs(at(plane, x, y) - value));
    return most;
  }

  PictureIn in() {
    PictureIn planes;
    for (int i = 0; i < this->planes(); ++i) planes.plane[i] = row(i, 0), planes.stride[i] = stride_[i];
    return planes;
  }
  PictureOut out() {
    PictureOut planes;
    for (int i = 0; i < this->planes(); ++i) planes.plane[i] = row(i, 0), planes.stride[i] = stride_[i];
    return planes;
  }
  /// True if every byte that is not a pixel is still a canary.
  bool isIntactAround() {
    for (int plane = 0; plane < planes(); ++plane) {
      const std::size_t bytes = rowBytes(layoutOf(format_), plane, width_);
      const std::uint8_t* next = memory_[plane].data();
      for (int y = 0; y < rows(plane); ++y) {
        for (; next < row(plane, y); ++next)
          if (*next != canary) return false;
        next += bytes;
      }
      for (; next < memory_[plane].data() + memory_[plane].size(); ++next)
        if (*next != canary) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t guard = 128;
  PixelFormat format_;
  int width_, height_;
  std::size_t offset_ = 0;
  std::array<std::size_t, 4> stride_{};
  std::vector<std::vector<std::uint8_t>> memory_;
};

inline constexpr Colour bt709{1, 1, 1, false};
inline constexpr Colour bt601{6, 6, 6, false};
inline constexpr Colour rgbColour{1, 13, 0, true};

/// All of a picture over all of a program.
inline Recipe stretched(PixelFormat from, int width, int height, PixelFormat into, int programWidth, int programHeight) {
  Recipe recipe;
  recipe.sourceFormat = from;
  recipe.sourceWidth = width;
  recipe.sourceHeight = height;
  recipe.sourceColour = layoutOf(from).isRgb ? rgbColour : bt709;
  recipe.cutWidth = width;
  recipe.cutHeight = height;
  recipe.programFormat = into;
  recipe.programWidth = recipe.placeWidth = programWidth;
  recipe.programHeight = recipe.placeHeight = programHeight;
  recipe.programColour = bt709;
  return recipe;
}

inline Expected<void> convert(PictureConverter& converter, Picture& from, Picture& into, const Treatment& how = {}) {
  const std::atomic<bool> cancelled{false};
  return converter.convert(from.in(), into.out(), how, cancelled);
}

inline void mustConvert(const Recipe& recipe, Picture& from, Picture& into, const Treatment& how = {}) {
  const auto good = PictureConverter::check(recipe);
  REQUIRE(good);
  PictureConverter converter(recipe);
  const auto done = convert(converter, from, into, how);
  if (!done) ::retrovue::test::report(__FILE__, __LINE__, done.failure().message);
}

}  // namespace retrovue::conform::test
