#pragma once
#include <array>
#include <cstdint>

#include "pixel_layout.h"

namespace retrovue::conform {

/// Colour by the numbers of ITU-T H.273 (tables 2, 3 and 4), which zimg uses as well. All known: TypeScript has filled
/// in what a file does not say.
struct Colour {
  int primaries = 1;
  int transfer = 1;
  int matrix = 1;
  bool full = false;

  bool operator==(const Colour&) const = default;
};

/// Where colour samples lie among those of luma, by the numbers of chroma_sample_loc_type (ITU-T H.264, annex E).
enum class ChromaPosition : std::uint8_t { left, center, topLeft, top, bottomLeft, bottom };

enum class FieldOrder : std::uint8_t { progressive, topFirst, bottomFirst };
enum class Field : std::uint8_t { both, first, second };
enum class Filter : std::uint8_t { bicubic, lanczos };

/// How pictures of one format come into the program's picture: plain numbers, made once per format in TypeScript
/// (recipe.ts has the same order), where the fitting and the colours were decided.
struct Recipe {
  PixelFormat sourceFormat = PixelFormat::yuv420p;
  int sourceWidth = 0;
  int sourceHeight = 0;
  Colour sourceColour;
  FieldOrder fieldOrder = FieldOrder::progressive;
  /// Clockwise degrees: 0, 90, 180, 270.
  int rotation = 0;
  /// What is shown of the picture as stored, before it is turned; may have fractions.
  double cutX = 0, cutY = 0, cutWidth = 0, cutHeight = 0;

  PixelFormat programFormat = PixelFormat::yuv420p;
  int programWidth = 0;
  int programHeight = 0;
  Colour programColour;
  /// Where it is shown, whole pixels.
  int placeX = 0, placeY = 0, placeWidth = 0, placeHeight = 0;

  Filter filter = Filter::bicubic;
  /// True if the picture is PQ or HLG and the program is not.
  bool toneMapped = false;
  /// Where the source's colour samples lie.
  ChromaPosition chroma = ChromaPosition::left;
  /// Brightest light of the pictures in candela per square metre; of a PQ source only.
  int sourcePeak = 1'000;
};

/// Numbers that a recipe crosses as.
constexpr int recipeNumbers = 28;

/// Curves of standard dynamic range. None is converted into another: what was graded for one of these displays is
/// shown on a display, whose curve (BT.1886) is the same for all of them.
constexpr bool isSdrCurve(int transfer) {
  return transfer == 1 || transfer == 6 || transfer == 13 || transfer == 14 || transfer == 15;
}

/// True if samples of both colours mean the same.
constexpr bool sameMeaning(const Colour& a, const Colour& b) {
  const auto matrix = [](int code) { return code == 6 ? 5 : code; };  // BT.601 has two numbers.
  const bool curves = a.transfer == b.transfer || (isSdrCurve(a.transfer) && isSdrCurve(b.transfer));
  return a.primaries == b.primaries && matrix(a.matrix) == matrix(b.matrix) && a.full == b.full && curves;
}

}  // namespace retrovue::conform
