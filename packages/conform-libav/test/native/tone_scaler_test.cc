#include "tone_scaler.h"

#include <cmath>

#include "pictures.h"
#include "retrovue/test/runner.h"

using namespace retrovue;
using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace {

struct Case {
  const char* name;
  PixelFormat format = PixelFormat::yuv420p10le;
  int width = 480, height = 270;
  PixelFormat program = PixelFormat::yuv420p;
  int intoWidth = 320, intoHeight = 180;
  Colour from = {9, 16, 9, false}, into = bt709;
  zimg_chroma_location_e chroma = ZIMG_CHROMA_LEFT;
  Filter filter = Filter::bicubic;
  double cutX = 0, cutY = 0, cutWidth = 0, cutHeight = 0;
  /// True if zimg scales nothing, or colours and brightness in one go, so that only roundings may differ.
  bool isAlike = false;
};

constexpr Colour hlg{9, 18, 9, false};

const Case cases[] = {
    {.name = "as large", .width = 320, .height = 180, .isAlike = true},
    {.name = "as large, into 10 bits", .width = 320, .height = 180, .program = PixelFormat::yuv420p10le, .isAlike = true},
    {.name = "as large, 4:2:2", .format = PixelFormat::yuv422p10le, .width = 320, .height = 180, .isAlike = true},
    {.name = "as large, colours in the middle", .width = 320, .height = 180, .chroma = ZIMG_CHROMA_CENTER, .isAlike = true},
    {.name = "4:4:4, larger", .format = PixelFormat::yuv444p10le, .width = 200, .height = 112, .isAlike = true},
    {.name = "larger", .width = 200, .height = 112},
    {.name = "smaller"},
    {.name = "half", .width = 640, .height = 360},
    {.name = "an odd number of vectors", .intoWidth = 358, .intoHeight = 202},
    {.name = "hlg", .from = hlg},
    {.name = "4:2:2 into 10 bits", .format = PixelFormat::yuv422p10le, .program = PixelFormat::yuv420p10le},
    {.name = "4:4:4 in 12 bits into 4:2:2", .format = PixelFormat::yuv444p12le, .program = PixelFormat::yuv422p},
    {.name = "into 4:4:4", .program = PixelFormat::yuv444p},
    {.name = "full range", .from = {9, 16, 9, true}, .into = {1, 1, 1, true}},
    {.name = "into BT.601's matrix", .into = {1, 6, 6, false}},
    {.name = "colours at the top left", .chroma = ZIMG_CHROMA_TOP_LEFT},
    {.name = "colours below", .chroma = ZIMG_CHROMA_BOTTOM},
    {.name = "lanczos", .filter = Filter::lanczos},
    {.name = "cut", .cutX = 13.5, .cutY = 7.25, .cutWidth = 421, .cutHeight = 241.5},
};

ImageSpec specOf(PixelFormat format, int width, int height, const Colour& colour) {
  const PixelLayout& layout = layoutOf(format);
  ImageSpec spec;
  spec.width = width;
  spec.height = height;
  spec.log2X = layout.log2X;
  spec.log2Y = layout.log2Y;
  spec.bytes = layout.bytes;
  spec.depth = layout.depth;
  spec.colour = colour;
  spec.cutWidth = width;
  spec.cutHeight = height;
  return spec;
}

ImageSpec sourceOf(const Case& it) {
  ImageSpec from = specOf(it.format, it.width, it.height, it.from);
  from.chroma = it.chroma;
  if (it.cutWidth > 0) {
    from.cutX = it.cutX;
    from.cutY = it.cutY;
    from.cutWidth = it.cutWidth;
    from.cutHeight = it.cutHeight;
  }
  return from;
}

/// What a camera might see: slopes of light and colour, edges of both, and grain.
Picture scene(const Case& it) {
  Picture picture(it.format, it.width, it.height, 6, 0);
  const int depth = layoutOf(it.format).depth, step = 1 << (depth - 10);
  unsigned noise = 1;
  for (int plane = 0; plane < 3; ++plane) {
    const double scale = plane == 0 ? 1 : static_cast<double>(it.width) / picture.columns(plane);
    picture.draw(plane, [&, plane](int at, int y) {
      const double x = at * scale;
      noise = noise * 1664525 + 1013904223;
      const int grain = static_cast<int>(noise >> 29);
      const bool isEdge = static_cast<int>(x / 40 + y * scale / 60) % 3 == 0;
      if (plane == 0) return (150 + static_cast<int>(500 * x / it.width) + (isEdge ? 60 : 0) + grain) * step;
      const double turn = x / 30 + plane * 2 + y * scale / 90;
      return (512 + static_cast<int>(60 * std::sin(turn)) + (isEdge ? 20 : 0) + grain / 2) * step;
    });
  }
  return picture;
}

/// A picture as zimg, the tone map and zimg again make it.
void convertGenerally(const Case& it, Picture& source, Picture& into) {
  const std::atomic<bool> cancelled{false};
  const ImageSpec from = sourceOf(it), target = specOf(it.program, it.intoWidth, it.intoHeight, it.into);
  ImageSpec light = target;
  light.log2X = light.log2Y = 0;
  light.bytes = 2;
  light.depth = 16;
  light.isRgb = true;
  light.colour = {9, it.from.transfer, 0, true};
  auto first = Scaler::make(from, light, it.filter);
  REQUIRE(first);
  light.colour = {1, 1, 0, true};
  auto second = Scaler::make(light, target, it.filter);
  REQUIRE(second);
  const Surface between(it.intoWidth, it.intoHeight, 0, 0, 2);
  PictureIn in;
  PictureOut out;
  for (int plane = 0; plane < 3; ++plane) {
    in.plane[plane] = out.plane[plane] = between.row(plane, 0);
    in.stride[plane] = out.stride[plane] = between.stride(plane);
  }
  const RowReader reader(it.format, it.width, it.height);
  REQUIRE((*first)->run({&reader, source.in()}, {out, it.intoWidth, it.intoHeight}, cancelled));
  ToneMap::of(it.from.transfer == 18 ? HdrCurve::hlg : HdrCurve::pq)->apply(between, 0, it.intoHeight);
  REQUIRE((*second)->run({nullptr, in}, {into.out(), it.intoWidth, it.intoHeight}, cancelled));
}

std::vector<const WordPasses*> passesHere() {
  const WordPasses* widest = wordPassesOfThisProcessor();
  if (widest == nullptr) return {};
  if (widest == &avx2WordPasses) return {&avx2WordPasses};
  return {&avx2WordPasses, &avx512WordPasses};
}

}  // namespace

TEST("tone/in-one-pass-a-picture-is-what-it-is-in-three") {
  const std::atomic<bool> cancelled{false};
  for (const Case& it : cases) {
    Picture source = scene(it), expected(it.program, it.intoWidth, it.intoHeight);
    convertGenerally(it, source, expected);
    for (const WordPasses* passes : passesHere()) {
      auto ours = ToneScaler::make(sourceOf(it), specOf(it.program, it.intoWidth, it.intoHeight, it.into), it.filter,
                                   usualPeak, passes);
      REQUIRE(ours != nullptr);
      Picture got(it.program, it.intoWidth, it.intoHeight, 6);
      const RowReader reader(it.format, it.width, it.height);
      REQUIRE(ours->run({nullptr, source.in()}, {got.out(), it.intoWidth, it.intoHeight}, cancelled));
      CHECK(got.isIntactAround());
      const double step = 1 << (layoutOf(it.program).depth - 8);
      for (int plane = 0; plane < 3; ++plane) {
        int most = 0;
        double sum = 0, off = 0;
        for (int y = 0; y < got.rows(plane); ++y) {
          for (int x = 0; x < got.columns(plane); ++x) {
            const int difference = got.at(plane, x, y) - expected.at(plane, x, y);
            most = std::max(most, std::abs(difference));
            sum += difference / step;
            off += std::abs(difference) / step;
          }
        }
        const double samples = got.rows(plane) * got.columns(plane);
        // In steps of 8 bits. Where zimg scales, it rounds to the source's depth twice, and so is up to a step off itself; of
        // larger pictures it scales the colours twice. Here only units are rounded (units/are-scaled-as-exact-sums-are).
        CHECK(most <= (it.isAlike ? 1 : 4 * step));
        CHECK(off / samples < (it.isAlike ? 0.02 : 0.25));
        CHECK(std::fabs(sum / samples) < 0.01);
      }
    }
  }
}

TEST("units/are-scaled-as-exact-sums-are") {
  for (const WordPasses* passes : passesHere()) {
    for (const int depth : {10, 12}) {
      for (const Filter filter : {Filter::bicubic, Filter::lanczos}) {
        for (const int outputs : {150, 200, 300, 438}) {
          constexpr int samples = 300;
          // More taps than vectors pick from.
          if (filter == Filter::lanczos && outputs == 150) continue;
          const Axis axis{samples, outputs, outputs == samples ? 0.3 : 0.0, double{samples} / outputs};
          std::vector<std::uint16_t> plane(samples * samples);
          unsigned noise = 7;
          for (auto& sample : plane) sample = static_cast<std::uint16_t>((noise = noise * 1664525 + 1013904223) >> (32 - depth));
          PlaneScaler scaler;
          PlaneRows rows;
          REQUIRE(scaler.prepare(*passes, filter, axis, axis, depth));
          REQUIRE(rows.prepare(scaler));
          const FilterBank bank = filterBank(filter, axis);
          const auto into = alignedBytes(scaler.rowUnits() * sizeof(std::int16_t));
          const auto* units = reinterpret_cast<const std::int16_t*>(into.get());
          double most = 0;
          for (int y = 0; y < outputs; y += 3) {
            rows.row(y, [&](int n) { return &plane[static_cast<std::size_t>(n * samples)]; },
                     reinterpret_cast<std::int16_t*>(into.get()));
            for (int x = 0; x < outputs; ++x) {
              double exact = 0;
              for (int i = 0; i < bank.taps; ++i)
                for (int k = 0; k < bank.taps; ++k)
                  exact += 1.0 * plane[static_cast<std::size_t>((bank.left[y] + i) * samples + bank.left[x] + k)] *
                           bank.weights[y * bank.taps + i] * bank.weights[x * bank.taps + k];
              const double wanted = exact / (1 << 2 * weightBits) * (1 << (unitBits - depth)) - unitBias;
              most = std::max(most, std::fabs(units[x] - std::clamp(wanted, -32768.0, 32767.0)));
            }
          }
          // Rounded twice, the first time in as many rows as there are taps.
          CHECK(most < 1.5);
        }
      }
    }
  }
}

TEST("tone/what-is-not-for-one-pass-is-left-to-three") {
  const Case usual{.name = ""};
  const auto makes = [](const ImageSpec& from, const ImageSpec& into) {
    return ToneScaler::make(from, into, Filter::bicubic, usualPeak) != nullptr;
  };
  const ImageSpec from = sourceOf(usual), into = specOf(PixelFormat::yuv420p, 320, 180, bt709);
  CHECK_EQ(makes(from, into), !passesHere().empty());
  ImageSpec other = from;
  other.bytes = 1;
  other.depth = 8;
  CHECK(!makes(other, into));
  other = from;
  other.isRgb = true;
  CHECK(!makes(other, into));
  other = from;
  other.colour.matrix = 10;
  CHECK(!makes(other, into));
  other = from;
  other.colour.primaries = 1;
  CHECK(!makes(other, into));
  other = into;
  other.colour.primaries = 9;
  CHECK(!makes(from, other));
  // Too much is left out for vectors to pick from.
  CHECK(!makes(specOf(PixelFormat::yuv420p10le, 1920, 1080, hlg), into));
  CHECK(!makes(from, specOf(PixelFormat::yuv420p, 16, 8, bt709)));
}

TEST("tone/programs-of-odd-size-and-packed-sources-fill-every-sample") {
  for (const PixelFormat format : {PixelFormat::yuv420p10le, PixelFormat::p010le}) {
    // Half a colour sample is missing at the right and at the bottom, of both.
    Picture from(format, 641, 361, 6), into(PixelFormat::yuv420p, 419, 235, 3);
    const int shift = layoutOf(format).shift;
    from.flat({500 << shift, 512 << shift, 512 << shift});
    auto recipe = stretched(format, 641, 361, PixelFormat::yuv420p, 419, 235);
    recipe.sourceColour = {9, 16, 9, false};
    recipe.toneMapped = true;
    mustConvert(recipe, from, into);
    CHECK(into.isIntactAround());
    const int level = into.at(0, 7, 5);
    CHECK(level > 150 && level < 235);
    CHECK(into.farthestFrom(0, level) <= 1);
    CHECK(into.farthestFrom(1, 128) <= 1);
    CHECK(into.farthestFrom(2, 128) <= 1);
  }
}

TEST("tone/a-cancelled-picture-stops-in-one-pass") {
  const Case usual{.name = ""};
  auto scaler = ToneScaler::make(sourceOf(usual), specOf(usual.program, 320, 180, bt709), Filter::bicubic, usualPeak);
  if (scaler == nullptr) return;
  Picture from = scene(usual), into(usual.program, 320, 180);
  const std::atomic<bool> cancelled{true};
  const auto done = scaler->run({nullptr, from.in()}, {into.out(), 320, 180}, cancelled);
  REQUIRE(!done);
  CHECK_EQ(std::string(done.failure().code), std::string("Cancelled"));
}
