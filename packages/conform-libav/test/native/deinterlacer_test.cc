#include "deinterlacer.h"

#include <cmath>

#include "pictures.h"

using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace {

template <class Value>
Surface draw(int width, int height, int bytes, const Value& value) {
  Surface surface(width, height, 1, 1, bytes);
  for (int plane = 0; plane < 3; ++plane) {
    for (int y = 0; y < surface.rows(plane); ++y) {
      for (int x = 0; x < surface.columns(plane); ++x) {
        if (bytes == 1) surface.row(plane, y)[x] = static_cast<std::uint8_t>(value(x, y));
        else reinterpret_cast<std::uint16_t*>(surface.row(plane, y))[x] = static_cast<std::uint16_t>(value(x, y));
      }
    }
  }
  return surface;
}

double meanError(const Surface& a, const Surface& b, int margin) {
  double sum = 0;
  int count = 0;
  for (int y = margin; y < a.rows(0) - margin; ++y) {
    for (int x = margin; x < a.columns(0) - margin; ++x, ++count) sum += std::abs(a.row(0, y)[x] - b.row(0, y)[x]);
  }
  return sum / count;
}

}  // namespace

TEST("deinterlace/what-rests-keeps-all-its-lines") {
  const auto still = [](int x, int y) { return 60 + (y % 2) * 90 + x % 7; };
  const Surface now = draw(64, 32, 1, still), before = draw(64, 32, 1, still);
  for (const bool bottom : {false, true}) {
    for (const bool first : {false, true}) {
      Surface into(64, 32, 1, 1, 1);
      deinterlace(now, &before, bottom, first, 8, into);
      // Single lines, the finest detail there is: yadif's own bound allows for nothing more at rest.
      CHECK(meanError(into, now, 4) < 0.01);
    }
  }
}

TEST("deinterlace/no-line-of-the-other-field-is-left-where-all-moves") {
  // A bar that has moved on between the fields: each field alone knows where it is.
  const auto bar = [](int at) { return [at](int x, int) { return x >= at && x < at + 12 ? 200 : 50; }; };
  const auto woven = [&](int at) {
    return [=](int x, int y) { return bar(y % 2 == 0 ? at : at + 8)(x, y); };
  };
  const Surface now = draw(96, 48, 1, woven(40)), before = draw(96, 48, 1, woven(24));
  for (const bool first : {true, false}) {
    Surface into(96, 48, 1, 1, 1);
    deinterlace(now, &before, !first, first, 8, into);
    const Surface truth = draw(96, 48, 1, bar(first ? 40 : 48));
    CHECK(meanError(into, truth, 4) < 0.5);
  }
}

TEST("deinterlace/edges-that-lean-stay-smooth") {
  // A slanted edge in motion, with nothing before it: made from one field alone. Lines repeated would err by half a line.
  const auto edge = [](int x, int y) { return std::clamp(128 + (x - 2 * y) * 20, 20, 230); };
  const Surface truth = draw(160, 64, 1, edge);
  Surface into(160, 64, 1, 1, 1), repeated = draw(160, 64, 1, [&](int x, int y) { return edge(x, y - y % 2); });
  deinterlace(truth, nullptr, false, true, 8, into);
  CHECK(meanError(into, truth, 6) < 0.1 * meanError(repeated, truth, 6));
}

TEST("deinterlace/a-picture-moved-by-some-columns-gives-the-same-moved") {
  // Vectors, and what is left over beside them, begin at other columns then.
  for (const int bytes : {1, 2}) {
    const auto noise = [bytes](int seed) {
      return [=](int x, int y) {
        const unsigned hash = (x * 73'856'093u) ^ (y * 19'349'663u) ^ (seed * 83'492'791u);
        return static_cast<int>((hash >> 8) % (bytes == 1 ? 256 : 4096));
      };
    };
    const auto moved = [](const auto& value, int by) { return [=](int x, int y) { return value(x + by, y); }; };
    Surface whole(120, 16, 1, 1, bytes);
    const Surface was = draw(120, 16, bytes, noise(1)), now = draw(120, 16, bytes, noise(2));
    deinterlace(now, &was, false, true, bytes == 1 ? 8 : 12, whole);
    for (int by = 1; by < 20; ++by) {
      Surface part(100, 16, 1, 1, bytes);
      const Surface before = draw(100, 16, bytes, moved(noise(1), by));
      deinterlace(draw(100, 16, bytes, moved(noise(2), by)), &before, false, true, bytes == 1 ? 8 : 12, part);
      for (int y = 0; y < 16; ++y) {
        const auto size = static_cast<std::size_t>(94 * bytes);
        CHECK(std::memcmp(part.row(0, y) + 3 * bytes, whole.row(0, y) + (3 + by) * bytes, size) == 0);
      }
    }
  }
}

TEST("deinterlace/deep-samples-and-tiny-pictures-are-no-exception") {
  for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {4, 3}, {5, 2}, {7, 1}, {64, 5}}) {
    const Surface now = draw(width, height, 2, [](int x, int y) { return 1023 * ((x + y) % 2); });
    Surface into(width, height, 1, 1, 2);
    deinterlace(now, &now, true, true, 10, into);
    for (int plane = 0; plane < 3; ++plane)
      for (int y = 0; y < into.rows(plane); ++y)
        for (int x = 0; x < into.columns(plane); ++x)
          CHECK(reinterpret_cast<std::uint16_t*>(into.row(plane, y))[x] <= 1023);
  }
}

TEST("deinterlace/field-order-says-which-field-is-first") {
  for (const FieldOrder order : {FieldOrder::topFirst, FieldOrder::bottomFirst}) {
    for (const Field field : {Field::first, Field::second, Field::both}) {
      Picture from(PixelFormat::yuv420p, 64, 32), into(PixelFormat::yuv420p, 64, 32);
      // Even rows (the top field) bright, odd rows dark, in colour as well: nothing says that this rests.
      for (int plane = 0; plane < 3; ++plane) from.draw(plane, [](int, int y) { return y % 2 == 0 ? 180 : 60; });
      auto recipe = stretched(PixelFormat::yuv420p, 64, 32, PixelFormat::yuv420p, 64, 32);
      recipe.fieldOrder = order;
      Treatment how;
      how.field = field;
      mustConvert(recipe, from, into, how);
      const bool top = (order == FieldOrder::topFirst) == (field != Field::second);
      for (int plane = 0; plane < 3; ++plane) CHECK(into.farthestFrom(plane, top ? 180 : 60) <= 1);
    }
  }
}

TEST("deinterlace/neighbours-are-told-by-time") {
  auto recipe = stretched(PixelFormat::yuv420p, 64, 32, PixelFormat::yuv420p, 64, 32);
  recipe.fieldOrder = FieldOrder::topFirst;
  PictureConverter converter(recipe);
  const auto show = [&](std::int64_t timeMs, Field field) {
    Picture from(PixelFormat::yuv420p, 64, 32);
    for (int plane = 0; plane < 3; ++plane) from.draw(plane, [](int, int y) { return y % 2 == 0 ? 180 : 60; });
    Picture into(PixelFormat::yuv420p, 64, 32);
    Treatment how;
    how.field = field;
    how.timeNs = timeMs * 1'000'000;
    CHECK(convert(converter, from, into, how));
    return into.at(0, 30, 15);
  };
  // Alone, row 15 (of the bottom field) is made from the top field; with the same picture before it, it rests.
  CHECK_EQ(show(1'000, Field::first), 180);
  CHECK_EQ(show(1'000, Field::second), 60);
  CHECK_EQ(show(1'040, Field::first), 60);
  // A picture seconds later, or earlier, is no neighbour.
  CHECK_EQ(show(9'000, Field::first), 180);
  CHECK_EQ(show(5'000, Field::first), 180);
  // Two assets in turn, each with its own neighbour.
  CHECK_EQ(show(9'040, Field::first), 60);
  CHECK_EQ(show(5'040, Field::first), 60);
}
