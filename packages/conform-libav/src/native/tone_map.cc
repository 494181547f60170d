#include "tone_map.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "vectors.h"

namespace retrovue::conform {
namespace {

/// Reference white of standard dynamic range (ITU-R BT.2035, BT.1886).
constexpr double targetPeak = 100;

constexpr int cells = ToneMap::nodes - 1;

Rgb lightOf(HdrCurve curve, const Rgb& signal) {
  if (curve == HdrCurve::pq) return {pqToLight(signal[0]), pqToLight(signal[1]), pqToLight(signal[2])};
  return hlgToDisplay({hlgToScene(signal[0]), hlgToScene(signal[1]), hlgToScene(signal[2])}, usualPeak);
}

/// What light of this strength is multiplied with, as the display's light of 0 to 1.
double factorOf(double brightest, double peak) {
  return brightest > 0 ? toneMapped(brightest, peak, targetPeak) / brightest / targetPeak : 0;
}

/// A function of 0 to 1, looked up by the fourth root of its argument and straight between 4096 nodes: what bends at black
/// hardly bends there. Good to 10⁻⁶ for what is used here, where a step of 16 bits is 1.5 · 10⁻⁵.
class RootTable {
 public:
  template <class Function>
  explicit RootTable(const Function& function) {
    for (int i = 0; i <= steps; ++i) {
      const double root = i / double{steps}, square = root * root;
      values_[static_cast<std::size_t>(i)] = function(square * square);
    }
  }
  double at(double argument) const {
    const double place = std::sqrt(std::sqrt(std::clamp(argument, 0.0, 1.0))) * steps;
    const int left = std::min(static_cast<int>(place), steps - 1);
    const double *node = values_.data() + left;
    return node[0] + (place - left) * (node[1] - node[0]);
  }

 private:
  static constexpr int steps = 4096;
  std::array<double, steps + 1> values_;
};

}  // namespace

Rgb shownInStandardRange(HdrCurve curve, const Rgb& signal, double peak) {
  Rgb light = lightOf(curve, signal);
  // One factor for all three, by the brightest, keeps the hue: a curve for each component would bleach it.
  const double factor = factorOf(std::max({light[0], light[1], light[2]}), peak);
  for (double& value : light) value *= factor;
  Rgb shown = intoGamut(bt2020ToBt709(light));
  for (double& value : shown) value = lightToBt1886(value);
  return shown;
}

int ToneMap::peakOf(HdrCurve curve, int peak) {
  // HLG is shown with the same peak whatever its pictures say.
  return curve == HdrCurve::hlg ? usualPeak : (std::clamp(peak, leastPeak, greatestPeak) + 99) / 100 * 100;
}

Rgb ToneMap::node(int index) const {
  const Node& node = table_[static_cast<std::size_t>(index)];
  return {node.r / 65535.0, node.g / 65535.0, node.b / 65535.0};
}

std::shared_ptr<const ToneMap> ToneMap::of(HdrCurve curve, int peak) {
  static std::mutex mutex;
  static std::map<std::pair<HdrCurve, int>, std::weak_ptr<const ToneMap>> tables;
  const int rounded = peakOf(curve, peak);
  const std::scoped_lock lock(mutex);
  std::erase_if(tables, [](const auto& entry) { return entry.second.expired(); });
  auto& known = tables[{curve, rounded}];
  auto table = known.lock();
  if (!table) known = table = std::make_shared<const ToneMap>(curve, rounded);
  return table;
}

ToneMap::ToneMap(HdrCurve curve, int peak) : table_(static_cast<std::size_t>(nodes) * nodes * nodes) {
  // `shownInStandardRange` for every node, with what is the same for many of them worked out once: that is a tenth of the time.
  const double brightestMax = curve == HdrCurve::pq ? greatestPeak : usualPeak;
  static const RootTable display([](double light) { return lightToBt1886(light); });
  const auto factors = std::make_unique<const RootTable>(
      [&](double light) { return factorOf(std::max(light, 1e-12) * brightestMax, peak); });
  std::array<double, nodes> lights{};
  for (int i = 0; i < nodes; ++i) {
    const double signal = i / double{cells};
    lights[static_cast<std::size_t>(i)] = curve == HdrCurve::pq ? pqToLight(signal) : hlgToScene(signal);
  }
  const auto code = [](double value) { return static_cast<std::uint16_t>(value * 65535 + 0.5); };
  Node* node = table_.data();
  for (const double r : lights) {
    for (const double g : lights) {
      for (const double b : lights) {
        Rgb light = curve == HdrCurve::pq ? Rgb{r, g, b} : hlgToDisplay({r, g, b}, usualPeak);
        const double factor = factors->at(std::max({light[0], light[1], light[2]}) / brightestMax);
        for (double& value : light) value *= factor;
        const Rgb shown = intoGamut(bt2020ToBt709(light));
        *node++ = {code(display.at(shown[0])), code(display.at(shown[1])), code(display.at(shown[2])), 0};
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
