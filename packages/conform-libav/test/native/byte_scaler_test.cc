#include "byte_scaler.h"

#include <cmath>

#include "pictures.h"
#include "retrovue/test/runner.h"

using namespace retrovue;
using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace {

struct Case {
  int width, height, intoWidth, intoHeight;
  PixelFormat format = PixelFormat::yuv420p;
  Filter filter = Filter::bicubic;
  double cutX = 0, cutY = 0, cutWidth = 0, cutHeight = 0;
  zimg_chroma_location_e chroma = ZIMG_CHROMA_LEFT;
};

const Case cases[] = {
    {1920, 1080, 1280, 720},
    {640, 360, 320, 180},
    {160, 90, 322, 182},
    {720, 576, 1280, 720, PixelFormat::yuv422p},
    {200, 100, 150, 98, PixelFormat::yuv444p},
    {64, 48, 34, 26},
    {400, 226, 320, 180, PixelFormat::yuv420p, Filter::lanczos},
    {400, 226, 320, 180, PixelFormat::yuv420p, Filter::bicubic, 13.5, 7.25, 361, 201.5},
    {66, 34, 62, 30, PixelFormat::yuv422p, Filter::bicubic, 1, 1, 64, 32},
    {.width = 400, .height = 226, .intoWidth = 320, .intoHeight = 180, .chroma = ZIMG_CHROMA_CENTER},
    {.width = 160, .height = 90, .intoWidth = 322, .intoHeight = 182, .chroma = ZIMG_CHROMA_TOP_LEFT},
    {.width = 400, .height = 226, .intoWidth = 320, .intoHeight = 180, .chroma = ZIMG_CHROMA_TOP},
    {.width = 400, .height = 226, .intoWidth = 320, .intoHeight = 180, .chroma = ZIMG_CHROMA_BOTTOM},
    {.width = 400, .height = 226, .intoWidth = 320, .intoHeight = 180, .chroma = ZIMG_CHROMA_BOTTOM_LEFT},
    {.width = 720, .height = 576, .intoWidth = 640, .intoHeight = 360, .format = PixelFormat::yuv422p, .chroma = ZIMG_CHROMA_CENTER},
};

ImageSpec specOf(PixelFormat format, int width, int height) {
  const PixelLayout& layout = layoutOf(format);
  ImageSpec spec;
  spec.width = width;
  spec.height = height;
  spec.log2X = layout.log2X;
  spec.log2Y = layout.log2Y;
  spec.cutWidth = width;
  spec.cutHeight = height;
  return spec;
}

ImageSpec sourceOf(const Case& it) {
  ImageSpec from = specOf(it.format, it.width, it.height);
  from.chroma = it.chroma;
  if (it.cutWidth > 0) {
    from.cutX = it.cutX;
    from.cutY = it.cutY;
    from.cutWidth = it.cutWidth;
    from.cutHeight = it.cutHeight;
  }
  return from;
}

/// Slopes, edges and detail.
Picture scene(const Case& it) {
  Picture picture(it.format, it.width, it.height, 0, 0);
  for (int plane = 0; plane < 3; ++plane) {
    picture.draw(plane, [plane](int x, int y) {
      const int slope = 40 + (x * 3 + y * 2 + plane * 31) % 180;
      return (x / 9 + y / 7) % 5 == 0 ? 235 - slope / 8 : (x * y) % 11 == 0 ? 20 : slope;
    });
  }
  return picture;
}

std::vector<const RowPasses*> passesHere() {
  const RowPasses* widest = ByteScaler::passesOfThisProcessor();
  if (widest == nullptr) return {};
  if (widest == &avx2Passes) return {&avx2Passes};
  return {&avx2Passes, &avx512Passes};
}

}  // namespace

TEST("bytes/are-scaled-as-zimg-scales-them") {
  const std::atomic<bool> cancelled{false};
  for (const RowPasses* passes : passesHere()) {
    for (const Case& it : cases) {
      const ImageSpec from = sourceOf(it), into = specOf(it.format, it.intoWidth, it.intoHeight);
      auto ours = ByteScaler::make(from, into, it.filter, passes);
      REQUIRE(ours != nullptr);
      auto zimg = Scaler::make(from, into, it.filter);
      REQUIRE(zimg);
      Picture source = scene(it);
      Picture got(it.format, it.intoWidth, it.intoHeight, 5), expected(it.format, it.intoWidth, it.intoHeight);
      REQUIRE(ours->run(source.in(), got.out(), cancelled));
      const RowReader reader(it.format, it.width, it.height);
      REQUIRE((*zimg)->run({&reader, source.in()}, {expected.out(), it.intoWidth, it.intoHeight}, cancelled));
      CHECK(got.isIntactAround());
      for (int plane = 0; plane < 3; ++plane) {
        int most = 0, off = 0;
        for (int y = 0; y < got.rows(plane); ++y) {
          for (int x = 0; x < got.columns(plane); ++x) {
            const int difference = std::abs(got.at(plane, x, y) - expected.at(plane, x, y));
            most = std::max(most, difference);
            off += difference;
          }
        }
        // Both round more than once; where one of them rounds a half, they may differ (most often when halving).
        CHECK(most <= 1);
        CHECK(off * 25 <= got.rows(plane) * got.columns(plane));
      }
    }
  }
}

TEST("bytes/extremes-and-flat-pictures-keep-their-level") {
  const std::atomic<bool> cancelled{false};
  for (const RowPasses* passes : passesHere()) {
    for (const int level : {0, 1, 16, 128, 235, 254, 255}) {
      auto scaler = ByteScaler::make(specOf(PixelFormat::yuv420p, 96, 64), specOf(PixelFormat::yuv420p, 70, 38),
                                     Filter::lanczos, passes);
      REQUIRE(scaler != nullptr);
      Picture from(PixelFormat::yuv420p, 96, 64), into(PixelFormat::yuv420p, 70, 38);
      from.flat({level, level, level});
      REQUIRE(scaler->run(from.in(), into.out(), cancelled));
      for (int plane = 0; plane < 3; ++plane) CHECK_EQ(into.farthestFrom(plane, level), 0);
    }
    // The steepest edge there is overshoots on both sides, and is held at both ends.
    auto scaler = ByteScaler::make(specOf(PixelFormat::yuv444p, 64, 64), specOf(PixelFormat::yuv444p, 96, 96),
                                   Filter::lanczos, passes);
    REQUIRE(scaler != nullptr);
    Picture from(PixelFormat::yuv444p, 64, 64), into(PixelFormat::yuv444p, 96, 96);
    for (int plane = 0; plane < 3; ++plane) from.draw(plane, [](int x, int y) { return (x < 32) != (y < 32) ? 255 : 0; });
    REQUIRE(scaler->run(from.in(), into.out(), cancelled));
    for (int x = 0; x < 96; ++x) {
      if (x > 40 && x < 56) continue;
      const bool isLeft = x < 48;
      CHECK(std::abs(into.at(0, x, 2) - (isLeft ? 0 : 255)) < 16);
      CHECK(std::abs(into.at(0, x, 93) - (isLeft ? 255 : 0)) < 16);
    }
  }
}

TEST("bytes/what-is-not-for-them-is-left-to-zimg") {
  const ImageSpec hd = specOf(PixelFormat::yuv420p, 1920, 1080);
  const auto makes = [](const ImageSpec& from, const ImageSpec& into) {
    return ByteScaler::make(from, into, Filter::bicubic) != nullptr;
  };
  const ImageSpec small = specOf(PixelFormat::yuv420p, 1280, 720);
  CHECK_EQ(makes(hd, small), !passesHere().empty());
  // Too much is left out for one lane to hold.
  CHECK(!makes(hd, specOf(PixelFormat::yuv420p, 320, 180)));
  ImageSpec other = small;
  other.colour.matrix = 6;
  CHECK(!makes(hd, other));
  other = small;
  other.depth = 10;
  other.bytes = 2;
  CHECK(!makes(hd, other));
  CHECK(!makes(specOf(PixelFormat::yuv422p, 1920, 1080), small));
  CHECK(!makes(specOf(PixelFormat::yuv420p, 8, 8), small));
}

TEST("bytes/a-cancelled-picture-stops") {
  auto scaler = ByteScaler::make(specOf(PixelFormat::yuv420p, 96, 64), specOf(PixelFormat::yuv420p, 70, 38), Filter::bicubic);
  if (scaler == nullptr) return;
  Picture from(PixelFormat::yuv420p, 96, 64), into(PixelFormat::yuv420p, 70, 38);
  const std::atomic<bool> cancelled{true};
  const auto done = scaler->run(from.in(), into.out(), cancelled);
  REQUIRE(!done);
  CHECK_EQ(std::string(done.failure().code), std::string("Cancelled"));
}
