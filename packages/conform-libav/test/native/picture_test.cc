#include "pictures.h"

using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace {

/// Mid grey-blue as every format says it: limited BT.709 Y 120, Cb 140, Cr 110, or the R, G, B that these are.
std::vector<int> tone(PixelFormat format) {
  const PixelLayout& layout = layoutOf(format);
  const int up = layout.depth - 8;
  if (!layout.isRgb) return {120 << (up + layout.shift), 140 << (up + layout.shift), 110 << (up + layout.shift)};
  return {};
}

}  // namespace

TEST("conform/every-format-arrives-at-every-size-without-an-edge") {
  const std::array<PixelFormat, 3> programs{PixelFormat::yuv420p, PixelFormat::yuv422p, PixelFormat::yuv420p10le};
  const int sizes[][2] = {{320, 180}, {161, 121}, {853, 479}, {714, 33}, {1, 1}, {2, 2}, {3, 5}};
  for (int format = 0; format < pixelFormatCount; ++format) {
    const auto source = static_cast<PixelFormat>(format);
    if (layoutOf(source).isRgb) continue;
    for (const auto& [width, height] : sizes) {
      for (const PixelFormat program : programs) {
        for (const int rotation : {0, 90, 180, 270}) {
          Picture from(source, width, height, static_cast<std::size_t>(format % 3) * 2);
          if (layoutOf(source).packing == Packing::paired) {
            const auto values = tone(source);
            from.draw(0, [&](int, int) { return values[0]; });
            from.draw(1, [&](int x, int) { return values[1 + x % 2]; });
          } else {
            from.flat(tone(source));
          }
          Picture into(program, 160, 90);
          auto recipe = stretched(source, width, height, program, 160, 90);
          recipe.rotation = rotation;
          mustConvert(recipe, from, into);
          const int up = layoutOf(program).depth - 8;
          const bool grey = layoutOf(source).packing == Packing::grey;
          CHECK(into.farthestFrom(0, 120 << up) <= 1 << up);
          CHECK(into.farthestFrom(1, (grey ? 128 : 140) << up) <= 1 << up);
          CHECK(into.farthestFrom(2, (grey ? 128 : 110) << up) <= 1 << up);
          CHECK(into.isIntactAround());
        }
      }
    }
  }
}

TEST("conform/rgb-is-read-in-its-own-order") {
  // BT.709 limited: red is 63, 102, 240; green 173, 42, 26; blue 32, 240, 118 (BT.709-6, 3.2 to 3.4, rounded).
  const int colours[3][3] = {{63, 102, 240}, {173, 42, 26}, {32, 240, 118}};
  for (int lit = 0; lit < 3; ++lit) {
    for (const PixelFormat format : {PixelFormat::rgb24, PixelFormat::rgba, PixelFormat::gbrp}) {
      Picture from(format, 48, 32);
      const int pixel = layoutOf(format).pixelBytes;
      if (pixel > 0) {
        from.draw(0, [&](int x, int) { return x % pixel == lit || x % pixel == 3 ? 255 : 0; });
      } else {
        const int planeOf[] = {2, 0, 1};
        for (int plane = 0; plane < 3; ++plane)
          from.draw(plane, [&](int, int) { return plane == planeOf[lit] ? 255 : 0; });
      }
      Picture into(PixelFormat::yuv420p, 48, 32);
      mustConvert(stretched(format, 48, 32, PixelFormat::yuv420p, 48, 32), from, into);
      for (int plane = 0; plane < 3; ++plane) CHECK(into.farthestFrom(plane, colours[lit][plane]) <= 1);
    }
  }
}

TEST("conform/transparency-is-laid-over-black") {
  Picture from(PixelFormat::rgba, 32, 16);
  from.draw(0, [](int x, int) { return x % 4 == 3 ? 128 : 255; });
  Picture into(PixelFormat::yuv420p, 32, 16);
  mustConvert(stretched(PixelFormat::rgba, 32, 16, PixelFormat::yuv420p, 32, 16), from, into);
  CHECK(into.farthestFrom(0, 16 + 219 * 128 / 255) <= 1);
}

TEST("conform/samples-of-the-program's-own-format-pass-bit-for-bit") {
  for (const PixelFormat format : {PixelFormat::yuv420p, PixelFormat::yuv422p, PixelFormat::yuv420p10le}) {
    Picture from(format, 161, 91), into(format, 161, 91, 2);
    for (int plane = 0; plane < 3; ++plane) from.draw(plane, [&](int x, int y) { return (x * 7 + y * 13 + plane) % 220; });
    mustConvert(stretched(format, 161, 91, format, 161, 91), from, into);
    for (int plane = 0; plane < 3; ++plane)
      for (int y = 0; y < from.rows(plane); ++y)
        CHECK(std::memcmp(from.row(plane, y), into.row(plane, y), rowBytes(layoutOf(format), plane, 161)) == 0);
    CHECK(into.isIntactAround());
  }
}

TEST("conform/a-picture-that-fits-between-bars-is-copied-there") {
  Picture from(PixelFormat::yuv420p, 96, 90), into(PixelFormat::yuv420p, 160, 90);
  from.draw(0, [](int x, int y) { return 40 + (x + y) % 100; }).draw(1, [](int x, int) { return 90 + x; });
  from.draw(2, [](int, int y) { return 100 + y; });
  auto recipe = stretched(PixelFormat::yuv420p, 96, 90, PixelFormat::yuv420p, 160, 90);
  recipe.placeX = 32;
  recipe.placeWidth = 96;
  mustConvert(recipe, from, into);
  for (int y = 0; y < 90; ++y) {
    for (int x = 0; x < 160; ++x) {
      const bool isBar = x < 32 || x >= 128;
      CHECK_EQ(into.at(0, x, y), isBar ? 16 : from.at(0, x - 32, y));
    }
  }
  CHECK_EQ(into.at(1, 15, 10), 128);
  CHECK_EQ(into.at(1, 16, 10), 90);
  CHECK_EQ(into.at(2, 79, 44), 128);
  CHECK(into.isIntactAround());
}

TEST("conform/a-cut-with-fractions-is-taken-exactly") {
  // A slope of one level a pixel: a cut that begins 10.5 pixels in shows it moved by just that.
  Picture from(PixelFormat::yuv444p, 128, 64), into(PixelFormat::yuv444p, 100, 64);
  from.draw(0, [](int x, int) { return 40 + x; }).draw(1, [](int, int) { return 128; }).draw(2, [](int, int) { return 128; });
  auto recipe = stretched(PixelFormat::yuv444p, 128, 64, PixelFormat::yuv444p, 100, 64);
  recipe.cutX = 10.5;
  recipe.cutWidth = 100;
  mustConvert(recipe, from, into);
  for (int x = 4; x < 96; ++x) CHECK(std::abs(into.at(0, x, 30) - (40 + 10.5 + x)) <= 1);
}

TEST("conform/turned-pictures-keep-their-corners") {
  // Quadrants: clockwise by 90 the top left comes to the top right.
  const int corner[2][2] = {{40, 90}, {140, 190}};
  for (const int rotation : {0, 90, 180, 270}) {
    Picture from(PixelFormat::yuv422p10le, 121, 77), into(PixelFormat::yuv420p, 96, 96);
    from.draw(0, [&](int x, int y) { return corner[y > 38][x > 60] * 4; });
    from.draw(1, [&](int x, int) { return x > 30 ? 700 : 400; }).draw(2, [](int, int) { return 512; });
    auto recipe = stretched(PixelFormat::yuv422p10le, 121, 77, PixelFormat::yuv420p, 96, 96);
    recipe.rotation = rotation;
    mustConvert(recipe, from, into);
    const int quarters = rotation / 90;
    const int order[] = {corner[0][0], corner[0][1], corner[1][1], corner[1][0]};  // clockwise from top left
    const int places[4][2] = {{10, 10}, {85, 10}, {85, 85}, {10, 85}};
    for (int i = 0; i < 4; ++i) {
      const auto& [x, y] = places[(i + quarters) % 4];
      CHECK(std::abs(into.at(0, x, y) - order[i]) <= 1);
      const int colour = (i == 1 || i == 2) ? 175 : 100;
      CHECK(std::abs(into.at(1, x / 2, y / 2) - colour) <= 1);
    }
  }
}

TEST("conform/colour-samples-are-taken-from-where-they-lie") {
  // A slope of colour across and down, as wide as it is high, made smaller: every position reads it a known bit off.
  const auto chromaAt = [](ChromaPosition position, int rotation) {
    Picture from(PixelFormat::yuv420p, 128, 128), into(PixelFormat::yuv420p, 64, 64);
    from.flat({128, 128, 128});
    from.draw(1, [](int x, int) { return std::min(255, 60 + 3 * x); }).draw(2, [](int, int y) { return std::min(255, 60 + 4 * y); });
    Recipe recipe = stretched(PixelFormat::yuv420p, 128, 128, PixelFormat::yuv420p, 64, 64);
    recipe.chroma = position;
    recipe.rotation = rotation;
    mustConvert(recipe, from, into);
    return std::pair(into.at(1, 16, 16), into.at(2, 16, 16));
  };
  // The program's samples lie at the left: output 16 is a quarter of a sample behind sample 32 of a source like it.
  const auto left = chromaAt(ChromaPosition::left, 0), centre = chromaAt(ChromaPosition::center, 0);
  CHECK_EQ(left.first, 157);
  CHECK_EQ(centre.first, 156);
  CHECK_EQ(left.second, 190);
  CHECK_EQ(centre.second, 190);
  const auto top = chromaAt(ChromaPosition::topLeft, 0), bottom = chromaAt(ChromaPosition::bottomLeft, 0);
  CHECK_EQ(top.first, 157);
  CHECK_EQ(top.second, 191);
  CHECK_EQ(bottom.second, 189);
  // Turned, the position turns along: what was at the left is at the top, or at the bottom.
  CHECK_EQ(chromaAt(ChromaPosition::left, 90).first, 158);
  CHECK_EQ(chromaAt(ChromaPosition::left, 270).first, 152);
}

TEST("conform/alpha-runs-from-black-to-untouched") {
  for (const PixelFormat program : {PixelFormat::yuv420p, PixelFormat::yuv420p10le}) {
    const int up = layoutOf(program).depth - 8;
    for (const double alpha : {0.0, 0.1, 0.5, 0.9, 1.0}) {
      Picture from(program, 64, 32), into(program, 64, 32);
      const int values[] = {216 << up, 88 << up, 198 << up}, black[] = {16 << up, 128 << up, 128 << up};
      from.flat({values[0], values[1], values[2]});
      Treatment how;
      how.alpha = alpha;
      mustConvert(stretched(program, 64, 32, program, 64, 32), from, into, how);
      for (int plane = 0; plane < 3; ++plane) {
        const double expected = black[plane] + (values[plane] - black[plane]) * alpha;
        CHECK(std::abs(into.at(plane, 9, 9) - expected) <= 0.51);
        CHECK_EQ(into.farthestFrom(plane, into.at(plane, 9, 9)), 0);
      }
    }
  }
}

TEST("conform/a-picture-that-is-in-place-is-only-dimmed") {
  Picture into(PixelFormat::yuv420p, 64, 32);
  into.flat({200, 100, 150});
  Treatment how;
  how.inPlace = true;
  const auto recipe = stretched(PixelFormat::yuv420p, 64, 32, PixelFormat::yuv420p, 64, 32);
  mustConvert(recipe, into, into, how);
  CHECK_EQ(into.farthestFrom(0, 200), 0);
  how.alpha = 0.5;
  mustConvert(recipe, into, into, how);
  CHECK_EQ(into.farthestFrom(0, 108), 0);
  CHECK_EQ(into.farthestFrom(1, 114), 0);
}

TEST("conform/bt601-becomes-bt709-by-the-matrices") {
  // Full colour bars of 75 %, BT.601 to BT.709 by the two standards' luma weights in double precision.
  const auto code = [](double kr, double kb, const double (&rgb)[3], double (&ycc)[3]) {
    const double y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
    ycc[0] = 16 + 219 * y;
    ycc[1] = 128 + 224 * (rgb[2] - y) / (2 - 2 * kb);
    ycc[2] = 128 + 224 * (rgb[0] - y) / (2 - 2 * kr);
  };
  for (int bar = 0; bar < 8; ++bar) {
    const double rgb[3] = {bar & 4 ? 0.75 : 0, bar & 2 ? 0.75 : 0, bar & 1 ? 0.75 : 0};
    double sd[3], hd[3];
    code(0.299, 0.114, rgb, sd);
    code(0.2126, 0.0722, rgb, hd);
    Picture from(PixelFormat::yuv420p, 64, 32), into(PixelFormat::yuv420p, 64, 32);
    from.flat({static_cast<int>(std::lround(sd[0])), static_cast<int>(std::lround(sd[1])), static_cast<int>(std::lround(sd[2]))});
    auto recipe = stretched(PixelFormat::yuv420p, 64, 32, PixelFormat::yuv420p, 64, 32);
    recipe.sourceColour = {1, 6, 6, false};  // The matrix alone: BT.709 primaries on both sides.
    mustConvert(recipe, from, into);
    for (int plane = 0; plane < 3; ++plane) CHECK(std::abs(into.at(plane, 20, 10) - hd[plane]) <= 1.5);
  }
}

TEST("conform/full-range-becomes-limited-and-grey-stays-grey") {
  for (const int level : {0, 64, 128, 255}) {
    Picture from(PixelFormat::yuv420p, 32, 32), into(PixelFormat::yuv420p, 32, 32);
    from.flat({level, 128, 128});
    auto recipe = stretched(PixelFormat::yuv420p, 32, 32, PixelFormat::yuv420p, 32, 32);
    recipe.sourceColour.full = true;
    mustConvert(recipe, from, into);
    CHECK(into.farthestFrom(0, static_cast<int>(std::lround(16 + level * 219 / 255.0))) == 0);
    // Other primaries move colours, never grey: their white is the same.
    recipe.sourceColour = {9, 1, 9, false};
    from.flat({level / 2 + 60, 128, 128});
    mustConvert(recipe, from, into);
    CHECK(into.farthestFrom(0, level / 2 + 60) <= 1);
    CHECK(into.farthestFrom(1, 128) <= 1);
  }
}

TEST("conform/nonsense-is-refused-with-a-code") {
  const auto good = stretched(PixelFormat::yuv420p, 64, 32, PixelFormat::yuv420p, 64, 32);
  const auto refused = [](const Recipe& recipe) {
    const auto done = PictureConverter::check(recipe);
    return !done && std::strcmp(done.failure().code, "UnsupportedMedia") == 0;
  };
  auto bad = good;
  bad.programFormat = PixelFormat::rgb24;
  CHECK(refused(bad));
  bad = good, bad.sourceWidth = 0;
  CHECK(refused(bad));
  bad = good, bad.sourceHeight = 1 << 20;
  CHECK(refused(bad));
  bad = good, bad.cutX = 1;
  CHECK(refused(bad));
  bad = good, bad.placeX = 2;
  CHECK(refused(bad));
  bad = good, bad.placeWidth = 32, bad.placeX = 1;
  CHECK(refused(bad));
  bad = good, bad.rotation = 45;
  CHECK(refused(bad));
  bad = good, bad.cutWidth = 0.0 / 0.0;
  CHECK(refused(bad));
  CHECK(!refused(good));
}

TEST("conform/a-cancelled-picture-stops") {
  const std::atomic<bool> cancelled{true};
  Picture from(PixelFormat::nv12, 64, 32), into(PixelFormat::yuv420p, 32, 32);
  from.flat({100, 128});
  PictureConverter converter(stretched(PixelFormat::nv12, 64, 32, PixelFormat::yuv420p, 32, 32));
  const auto done = converter.convert(from.in(), into.out(), {}, cancelled);
  CHECK(!done && std::strcmp(done.failure().code, "Cancelled") == 0);
  CHECK_EQ(into.at(0, 3, 3), canary);
}
