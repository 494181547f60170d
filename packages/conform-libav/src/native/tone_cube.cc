#include "tone_cube.h"

#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

namespace retrovue::conform {
namespace {

/// Black, and the spans of brightness and of a colour, in units from no signal at all.
struct Levels {
  double black, luma, colour;
};

Levels levelsOf(bool full, int depth) {
  const double code = 1 << (unitBits - depth);
  const double most = (1 << depth) - 1;
  if (full) return {0, most * code, most * code};
  // ITU-R BT.709 and BT.2100: black at 16, 219 and 224 steps, of 256.
  constexpr double step = 1 << (unitBits - 8);
  return {16 * step, 219 * step, 224 * step};
}

}  // namespace

LumaParts lumaPartsOf(int matrix) {
  switch (matrix) {
    case 1:
      return {0.2126, 0.0722};
    case 5:
    case 6:
      return {0.299, 0.114};
    case 9:
      return {0.2627, 0.0593};
    default:
      return {};
  }
}

std::shared_ptr<const ToneCube> ToneCube::of(HdrCurve curve, int peak, const Colour& program, int programDepth) {
  if (lumaPartsOf(program.matrix).red == 0) return nullptr;
  static std::mutex mutex;
  using Key = std::tuple<HdrCurve, int, int, bool, int>;
  static std::map<Key, std::weak_ptr<const ToneCube>> cubes;
  const std::scoped_lock lock(mutex);
  std::erase_if(cubes, [](const auto& entry) { return entry.second.expired(); });
  auto& known = cubes[{curve, ToneMap::peakOf(curve, peak), program.matrix, program.full, programDepth}];
  auto cube = known.lock();
  if (!cube) known = cube = std::make_shared<const ToneCube>(*ToneMap::of(curve, peak), program, programDepth);
  return cube;
}

ToneCube::ToneCube(const ToneMap& map, const Colour& program, int programDepth) {
  const auto [red, blue] = lumaPartsOf(program.matrix);
  const Levels levels = levelsOf(program.full, programDepth);
  const auto code = [](double units) { return static_cast<std::int16_t>(-std::lround(units)); };
  constexpr int count = ToneMap::nodes * ToneMap::nodes * ToneMap::nodes;
  nodes_.reserve(4 * count);
  for (int i = 0; i < count; ++i) {
    const auto [r, g, b] = map.node(i);
    const double luma = red * r + (1 - red - blue) * g + blue * b;
    nodes_.push_back(code(levels.black + levels.luma * luma - unitBias));
    nodes_.push_back(code(levels.colour * (b - luma) / (2 * (1 - blue))));
    nodes_.push_back(code(levels.colour * (r - luma) / (2 * (1 - red))));
    nodes_.push_back(0);
  }
}

ToneRow toneRowOf(const ToneCube& cube, const Colour& source, int sourceDepth) {
  const auto [red, blue] = lumaPartsOf(source.matrix);
  const double green = 1 - red - blue;
  const Levels levels = levelsOf(source.full, sourceDepth);
  constexpr double places = (ToneMap::nodes - 1) << placeBits;
  const double byLuma = places / levels.luma, byColour = places / levels.colour;
  ToneRow row;
  row.nodes = ToneMap::nodes;
  row.table = cube.nodes();
  row.grey = static_cast<float>(byLuma);
  row.greyOffset = static_cast<float>((unitBias - levels.black) * byLuma);
  row.redByCr = static_cast<float>(2 * (1 - red) * byColour);
  row.blueByCb = static_cast<float>(2 * (1 - blue) * byColour);
  row.greenByCb = static_cast<float>(-2 * (1 - blue) * blue / green * byColour);
  row.greenByCr = static_cast<float>(-2 * (1 - red) * red / green * byColour);
  return row;
}

}  // namespace retrovue::conform
