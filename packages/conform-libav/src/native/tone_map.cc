#include "tone_map.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace retrovue::conform {
namespace {

/// What programmes are mastered to unless they say otherwise, and what HLG is graded on (ITU-R BT.2408-7, 2.3; BT.2100-2,
/// table 5: nominal peak 1 000). In candela per square metre.
constexpr double sourcePeak = 1'000;
/// Reference white of standard dynamic range (ITU-R BT.2035, BT.1886).
constexpr double targetPeak = 100;

constexpr int cells = ToneMap::nodes - 1;

Rgb lightOf(HdrCurve curve, const Rgb& signal) {
  if (curve == HdrCurve::pq) return {pqToLight(signal[0]), pqToLight(signal[1]), pqToLight(signal[2])};
  return hlgToDisplay({hlgToScene(signal[0]), hlgToScene(signal[1]), hlgToScene(signal[2])}, sourcePeak);
}

}  // namespace

Rgb shownInStandardRange(HdrCurve curve, const Rgb& signal) {
  Rgb light = lightOf(curve, signal);
  // One factor for all three, by the brightest, keeps the hue: a curve for each component would bleach it.
  const double brightest = std::max({light[0], light[1], light[2]});
  const double factor = brightest > 0 ? toneMapped(brightest, sourcePeak, targetPeak) / brightest / targetPeak : 0;
  for (double& value : light) value *= factor;
  Rgb shown = intoGamut(bt2020ToBt709(light));
  for (double& value : shown) value = lightToBt1886(value);
  return shown;
}

std::shared_ptr<const ToneMap> ToneMap::of(HdrCurve curve) {
  static std::once_flag once[2];
  static std::shared_ptr<const ToneMap> tables[2];
  const auto index = static_cast<std::size_t>(curve);
  std::call_once(once[index], [&] { tables[index] = std::make_shared<const ToneMap>(curve); });
  return tables[index];
}

ToneMap::ToneMap(HdrCurve curve) : table_(static_cast<std::size_t>(nodes) * nodes * nodes) {
  const auto code = [](double value) { return static_cast<std::uint16_t>(std::lround(value * 65535)); };
  Node* node = table_.data();
  for (int r = 0; r < nodes; ++r) {
    for (int g = 0; g < nodes; ++g) {
      for (int b = 0; b < nodes; ++b) {
        const Rgb shown =
            shownInStandardRange(curve, {r / double{cells}, g / double{cells}, b / double{cells}});
        *node++ = {code(shown[0]), code(shown[1]), code(shown[2]), 0};
      }
    }
  }
}

void ToneMap::apply(const Surface& picture, int from, int to) const {
  constexpr std::uint32_t stepR = nodes * nodes, stepG = nodes, stepB = 1;
  for (int y = from; y < to; ++y) {
    auto* red = reinterpret_cast<std::uint16_t*>(picture.row(0, y));
    auto* green = reinterpret_cast<std::uint16_t*>(picture.row(1, y));
    auto* blue = reinterpret_cast<std::uint16_t*>(picture.row(2, y));
    for (int x = 0; x < picture.width(); ++x) {
      // Node and place within the cell, of 65536 parts: value · 64 · 65536 / 65535, which ends just below node 64.
      const auto scaled = [](std::uint32_t value) { return (value << 6) + (value >> 10); };
      const std::uint32_t r = scaled(red[x]), g = scaled(green[x]), b = scaled(blue[x]);
      std::uint32_t far = r & 0xffff, middle = g & 0xffff, near = b & 0xffff;
      std::uint32_t first = stepR, second = stepG, third = stepB;
      // The greatest place first: the way from the cell's low corner to its high one goes along that axis first.
      if (far < middle) std::swap(far, middle), std::swap(first, second);
      if (middle < near) std::swap(middle, near), std::swap(second, third);
      if (far < middle) std::swap(far, middle), std::swap(first, second);
      const Node* a = table_.data() + (r >> 16) * stepR + (g >> 16) * stepG + (b >> 16);
      const Node* c = a + first;
      const Node* d = c + second;
      const Node* e = d + third;
      const std::uint32_t wa = 65536 - far, wc = far - middle, wd = middle - near, we = near;
      red[x] = static_cast<std::uint16_t>((a->r * wa + c->r * wc + d->r * wd + e->r * we) >> 16);
      green[x] = static_cast<std::uint16_t>((a->g * wa + c->g * wc + d->g * wd + e->g * we) >> 16);
      blue[x] = static_cast<std::uint16_t>((a->b * wa + c->b * wc + d->b * wd + e->b * we) >> 16);
    }
  }
}

}  // namespace retrovue::conform
