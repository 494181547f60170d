#include "tone_map.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>

#include "vectors.h"

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

namespace {

/// The three components of a node, and one unused, at once.
typedef std::uint32_t Four __attribute__((vector_size(16)));
typedef std::uint16_t FourStored __attribute__((vector_size(8)));

template <class Node>
RETROVUE_INLINE Four load(const Node* node) {
  FourStored stored;
  std::memcpy(&stored, node, sizeof stored);
  return __builtin_convertvector(stored, Four);
}

/// Node and place within the cell, of 65536 parts: value · 64 · 65536 / 65535, which ends just below node 64.
RETROVUE_INLINE std::uint32_t scaled(std::uint32_t value) {
  return (value << 6) + (value >> 10);
}

/// Pixels that are worked out together: first where each lies, all in vectors; then what the table says there.
constexpr int together = 64;

/// Where pixels lie in the table: the node at the low corner of the cell, the nodes on the way to its high corner, and how
/// much each of the four counts, of 65536 parts.
struct Places {
  std::uint32_t node[4][together];
  std::uint32_t weight[4][together];
};

RETROVUE_INLINE void locate(const std::uint16_t* red, const std::uint16_t* green, const std::uint16_t* blue, int count,
                            Places& places) {
  constexpr std::uint32_t stepR = ToneMap::nodes * ToneMap::nodes, stepG = ToneMap::nodes, stepB = 1;
  // A place within the cell and its axis as one number, so that sorting the places sorts the axes.
  constexpr int axisBits = 13;
  static_assert(stepR < 1 << axisBits);
  constexpr std::uint32_t axisMask = (1 << axisBits) - 1;
  for (int x = 0; x < count; ++x) {
    const std::uint32_t r = scaled(red[x]), g = scaled(green[x]), b = scaled(blue[x]);
    const std::uint32_t i = (r & 0xffff) << axisBits | stepR, j = (g & 0xffff) << axisBits | stepG,
                        k = (b & 0xffff) << axisBits | stepB;
    // The way from the low corner to the high one goes along the axis of the greatest place first.
    const std::uint32_t high = i > j ? i : j, low = i > j ? j : i;
    const std::uint32_t first = high > k ? high : k, rest = high > k ? k : high;
    const std::uint32_t second = rest > low ? rest : low, third = rest > low ? low : rest;
    const std::uint32_t far = first >> axisBits, middle = second >> axisBits, near = third >> axisBits;
    const std::uint32_t a = (r >> 16) * stepR + (g >> 16) * stepG + (b >> 16);
    const std::uint32_t c = a + (first & axisMask), d = c + (second & axisMask);
    places.node[0][x] = a;
    places.node[1][x] = c;
    places.node[2][x] = d;
    places.node[3][x] = d + (third & axisMask);
    places.weight[0][x] = 65536 - far;
    places.weight[1][x] = far - middle;
    places.weight[2][x] = middle - near;
    places.weight[3][x] = near;
  }
}

template <class Node>
RETROVUE_INLINE void mapRow(const Node* table, std::uint16_t* red, std::uint16_t* green, std::uint16_t* blue,
                            int columns) {
  Places places;
  for (int left = 0; left < columns; left += together) {
    const int count = columns - left < together ? columns - left : together;
    locate(red + left, green + left, blue + left, count, places);
    for (int x = 0; x < count; ++x) {
      Four sum = load(table + places.node[0][x]) * places.weight[0][x];
      for (int i = 1; i < 4; ++i) sum += load(table + places.node[i][x]) * places.weight[i][x];
      const FourStored shown = __builtin_convertvector(sum >> 16, FourStored);
      red[left + x] = shown[0];
      green[left + x] = shown[1];
      blue[left + x] = shown[2];
    }
  }
}

}  // namespace

RETROVUE_VECTORS void ToneMap::mapRows(const Node* table, const Surface& picture, int from, int to) {
  for (int y = from; y < to; ++y) {
    const auto row = [&picture, y](int plane) { return reinterpret_cast<std::uint16_t*>(picture.row(plane, y)); };
    mapRow(table, row(0), row(1), row(2), picture.width());
  }
}

void ToneMap::apply(const Surface& picture, int from, int to) const {
  mapRows(table_.data(), picture, from, to);
}

}  // namespace retrovue::conform
