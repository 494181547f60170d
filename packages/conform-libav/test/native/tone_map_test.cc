#include "tone_map.h"

#include <algorithm>
#include <cmath>

#include "pictures.h"

using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace reference {

// Written from the recommendations a second time, in another shape, so that a slip in one shows.

long double pq(long double e) {
  const long double p = std::pow(e, 32.0L / 2523);
  const long double n = std::max(p - 107.0L / 128, 0.0L);
  return 10000 * std::pow(n / (2413.0L / 128 - 2392.0L / 128 * p), 16384.0L / 2610);
}

/// Undoes `pq` by halving, without the inverse formula.
long double pqInverse(long double light) {
  long double low = 0, high = 1;
  for (int i = 0; i < 70; ++i) {
    const long double middle = (low + high) / 2;
    (pq(middle) < light ? low : high) = middle;
  }
  return low;
}

long double hlgOetf(long double e) {
  return e <= 1.0L / 12 ? std::sqrt(3 * e) : 0.17883277L * std::log(12 * e - 0.28466892L) + 0.55991073L;
}

long double hlgInverse(long double signal) {
  long double low = 0, high = 1.1L;
  for (int i = 0; i < 70; ++i) {
    const long double middle = (low + high) / 2;
    (hlgOetf(middle) < signal ? low : high) = middle;
  }
  return low;
}

long double curve(long double light) {
  const long double top = pqInverse(1000), most = pqInverse(100) / top, knee = 1.5L * most - 0.5L;
  const long double e = std::min(pqInverse(light) / top, 1.0L);
  if (e < knee) return light;
  const long double t = (e - knee) / (1 - knee);
  const long double h00 = (1 + 2 * t) * (1 - t) * (1 - t), h10 = t * (1 - t) * (1 - t), h01 = t * t * (3 - 2 * t);
  return pq((h00 * knee + h10 * (1 - knee) + h01 * most) * top);
}

/// The matrix between two sets of primaries by their chromaticities (BT.2020-2, BT.709-6), white D65.
struct Primaries {
  double x[3], y[3];
};
constexpr Primaries bt2020{{0.708, 0.170, 0.131}, {0.292, 0.797, 0.046}};
constexpr Primaries bt709p{{0.640, 0.300, 0.150}, {0.330, 0.600, 0.060}};

void solve(double (&m)[3][4]) {
  for (int i = 0; i < 3; ++i) {
    int pivot = i;
    for (int k = i + 1; k < 3; ++k)
      if (std::fabs(m[k][i]) > std::fabs(m[pivot][i])) pivot = k;
    std::swap(m[i], m[pivot]);
    for (int k = 0; k < 3; ++k) {
      if (k == i) continue;
      const double factor = m[k][i] / m[i][i];
      for (int c = i; c < 4; ++c) m[k][c] -= factor * m[i][c];
    }
  }
  for (int i = 0; i < 3; ++i) m[i][3] /= m[i][i];
}

void toXyz(const Primaries& p, double (&matrix)[3][3]) {
  double m[3][4];
  for (int i = 0; i < 3; ++i) {
    m[0][i] = p.x[i] / p.y[i];
    m[1][i] = 1;
    m[2][i] = (1 - p.x[i] - p.y[i]) / p.y[i];
  }
  const double white[3] = {0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290};
  for (int i = 0; i < 3; ++i) m[i][3] = white[i];
  double plain[3][3];
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) plain[r][c] = m[r][c];
  solve(m);
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) matrix[r][c] = plain[r][c] * m[c][3];
}

Rgb to709(const Rgb& rgb) {
  double wide[3][3], narrow[3][3];
  toXyz(bt2020, wide);
  toXyz(bt709p, narrow);
  double m[3][4];
  for (int r = 0; r < 3; ++r) {
    m[r][3] = 0;
    for (int c = 0; c < 3; ++c) m[r][c] = narrow[r][c], m[r][3] += wide[r][c] * rgb[c];
  }
  solve(m);
  return {m[0][3], m[1][3], m[2][3]};
}

Rgb shown(HdrCurve kind, const Rgb& signal) {
  Rgb light;
  for (int i = 0; i < 3; ++i) light[i] = static_cast<double>(kind == HdrCurve::pq ? pq(signal[i]) : hlgInverse(signal[i]));
  if (kind == HdrCurve::hlg) {
    const double y = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
    for (double& value : light) value *= 1000 * std::pow(y, 0.2);
    if (y == 0) light = {0, 0, 0};
  }
  const double peak = std::max({light[0], light[1], light[2]});
  const double factor = peak > 0 ? static_cast<double>(curve(peak)) / peak / 100 : 0;
  Rgb narrow = to709({light[0] * factor, light[1] * factor, light[2] * factor});
  const double grey = std::min(1.0, 0.2126 * narrow[0] + 0.7152 * narrow[1] + 0.0722 * narrow[2]);
  // Halving again: the largest share of the colour that stays inside.
  double low = 0, high = 1;
  for (int i = 0; i < 50; ++i) {
    const double share = (low + high) / 2;
    bool inside = true;
    for (const double value : narrow) {
      const double moved = grey + share * (value - grey);
      inside = inside && moved >= -1e-9 && moved <= 1 + 1e-9;
    }
    (inside ? low : high) = share;
  }
  for (double& value : narrow) value = std::pow(std::clamp(grey + low * (value - grey), 0.0, 1.0), 1 / 2.4);
  return narrow;
}

}  // namespace reference

TEST("tone/curves-pass-their-published-points") {
  // BT.2408-7, table 1: 203 cd/m² is 58 % PQ and 75 % HLG; 100 cd/m² is 50.8 % PQ; 1 000 is 75.2 %; 10 000 is all.
  CHECK(std::fabs(lightToPq(100) - 0.508) < 0.0005);
  CHECK(std::fabs(lightToPq(203) - 0.581) < 0.0005);
  CHECK(std::fabs(lightToPq(1000) - 0.752) < 0.0005);
  CHECK(std::fabs(pqToLight(1) - 10'000) < 1e-6);
  const double scene = hlgToScene(0.75);
  CHECK(std::fabs(hlgToDisplay({scene, scene, scene}, 1'000)[1] - 203) < 0.5);
  CHECK(std::fabs(hlgToScene(1) - 1) < 1e-6);
  CHECK(std::fabs(hlgToScene(0.5) - 1.0 / 12) < 1e-12);
}

TEST("tone/the-table-is-the-formula-on-a-grid-of-colours") {
  for (const HdrCurve curve : {HdrCurve::pq, HdrCurve::hlg}) {
    const auto map = ToneMap::of(curve);
    constexpr int steps = 12;
    Surface light(steps * steps * steps, 1, 0, 0, 2);
    const auto code = [](int step) { return std::lround(step * 65535.0 / (steps - 1)); };
    int x = 0;
    for (int r = 0; r < steps; ++r)
      for (int g = 0; g < steps; ++g)
        for (int b = 0; b < steps; ++b, ++x) {
          const int parts[] = {r, g, b};
          for (int i = 0; i < 3; ++i)
            reinterpret_cast<std::uint16_t*>(light.row(i, 0))[x] = static_cast<std::uint16_t>(code(parts[i]));
        }
    map->apply(light, 0, 1);
    double sum = 0, most = 0;
    int far = 0;
    x = 0;
    for (int r = 0; r < steps; ++r)
      for (int g = 0; g < steps; ++g)
        for (int b = 0; b < steps; ++b, ++x) {
          const Rgb expected = reference::shown(curve, {code(r) / 65535.0, code(g) / 65535.0, code(b) / 65535.0});
          for (int i = 0; i < 3; ++i) {
            const double off =
                std::fabs(reinterpret_cast<std::uint16_t*>(light.row(i, 0))[x] / 65535.0 - expected[i]);
            sum += off;
            most = std::max(most, off);
            if (off * 255 > 2) ++far;
          }
        }
    std::printf("%s: mean %.3f, most %.2f steps of 255, %d beyond 2\n", curve == HdrCurve::pq ? "pq" : "hlg",
                sum / (3 * steps * steps * steps) * 255, most * 255, far);
    // In steps of 8 bits: a quarter on average. Some saturated colours lie further off: at the edge of the gamut the
    // formula bends within a cell, and there the darkest component is nearly no light.
    CHECK(sum / (3 * steps * steps * steps) * 255 < 0.25);
    CHECK(far < 3 * steps * steps * steps / 40);
    CHECK(most * 255 < 32);
  }
}

TEST("tone/nodes-of-the-table-are-the-formula-for-every-peak") {
  const std::pair<HdrCurve, int> kinds[] = {{HdrCurve::pq, 1'000}, {HdrCurve::pq, 4'000}, {HdrCurve::pq, 200}, {HdrCurve::hlg, 1'000}};
  for (const auto& [curve, peak] : kinds) {
    constexpr int each = 16, cells = ToneMap::nodes - 1;
    Surface picked(each * each * each, 1, 0, 0, 2);
    const auto nodeOf = [](int step) { return step * cells / (each - 1); };
    const auto put = [&](int plane, int x, int node) {
      reinterpret_cast<std::uint16_t*>(picked.row(plane, 0))[x] = static_cast<std::uint16_t>(std::lround(node * 65535.0 / cells));
    };
    for (int x = 0; x < each * each * each; ++x) {
      put(0, x, nodeOf(x / (each * each)));
      put(1, x, nodeOf(x / each % each));
      put(2, x, nodeOf(x % each));
    }
    ToneMap::of(curve, peak)->apply(picked, 0, 1);
    double most = 0;
    for (int x = 0; x < each * each * each; ++x) {
      const Rgb expected = shownInStandardRange(
          curve,
          {nodeOf(x / (each * each)) / double{cells}, nodeOf(x / each % each) / double{cells}, nodeOf(x % each) / double{cells}},
          peak);
      for (int plane = 0; plane < 3; ++plane) {
        const double got = reinterpret_cast<std::uint16_t*>(picked.row(plane, 0))[x] / 65535.0;
        most = std::max(most, std::fabs(got - expected[static_cast<std::size_t>(plane)]));
      }
    }
    // In steps of 8 bits; a node is met within a thousandth of a cell only, whatever the formula does there.
    CHECK(most * 255 < 0.1);
  }
}

TEST("tone/brighter-masters-keep-their-highlights") {
  // 1000 cd/m² is the brightest that one of them holds, and well below it for the other.
  constexpr double thousand = 0.7518, tenth = 0.5081;
  const auto at = [](double signal, double peak) { return shownInStandardRange(HdrCurve::pq, {signal, signal, signal}, peak)[1]; };
  CHECK(at(thousand, 1'000) > 0.999);
  CHECK(at(thousand, 4'000) < 0.99);
  CHECK(at(tenth, 4'000) <= at(tenth, 1'000));
  CHECK(ToneMap::of(HdrCurve::pq, 987) == ToneMap::of(HdrCurve::pq, 1'000));
  CHECK(ToneMap::of(HdrCurve::pq, 4'000) != ToneMap::of(HdrCurve::pq, 1'000));
  CHECK(ToneMap::of(HdrCurve::hlg, 4'000) == ToneMap::of(HdrCurve::hlg, 1'000));
}

TEST("tone/grey-stays-grey-and-keeps-its-order") {
  for (const HdrCurve curve : {HdrCurve::pq, HdrCurve::hlg}) {
    constexpr int steps = 4096;
    Surface ramp(steps, 1, 0, 0, 2);
    for (int plane = 0; plane < 3; ++plane)
      for (int x = 0; x < steps; ++x)
        reinterpret_cast<std::uint16_t*>(ramp.row(plane, 0))[x] = static_cast<std::uint16_t>(x * 65535 / (steps - 1));
    ToneMap::of(curve)->apply(ramp, 0, 1);
    const auto* red = reinterpret_cast<const std::uint16_t*>(ramp.row(0, 0));
    const auto* blue = reinterpret_cast<const std::uint16_t*>(ramp.row(2, 0));
    int previous = -1;
    for (int x = 0; x < steps; ++x) {
      CHECK(std::abs(red[x] - blue[x]) <= 64);
      CHECK(red[x] >= previous);
      previous = red[x];
    }
    CHECK_EQ(red[0], 0);
    CHECK(red[steps - 1] > 65000);
  }
}

TEST("tone/a-pq-picture-comes-out-in-standard-range") {
  // Reference white, 203 cd/m²: 58.07 % of PQ. The formula shows it at 95 % of the display's signal.
  Picture from(PixelFormat::yuv420p10le, 128, 72), into(PixelFormat::yuv420p, 64, 36);
  from.flat({static_cast<int>(std::lround(64 + 876 * 0.58069)), 512, 512});
  auto recipe = stretched(PixelFormat::yuv420p10le, 128, 72, PixelFormat::yuv420p, 64, 36);
  recipe.sourceColour = {9, 16, 9, false};
  recipe.toneMapped = true;
  mustConvert(recipe, from, into);
  const double expected = 16 + 219 * reference::shown(HdrCurve::pq, {0.58069, 0.58069, 0.58069})[1];
  CHECK(std::fabs(into.at(0, 30, 18) - expected) <= 1);
  CHECK(into.farthestFrom(0, into.at(0, 30, 18)) <= 1);
  CHECK(into.farthestFrom(1, 128) <= 1);
  CHECK(into.farthestFrom(2, 128) <= 1);
  CHECK(into.isIntactAround());
}
