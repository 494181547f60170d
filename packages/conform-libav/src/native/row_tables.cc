#include "row_tables.h"

#include <algorithm>

namespace retrovue::conform {
namespace {

constexpr int laneBytes = 16;
constexpr int quad = 4;
constexpr int lanesMax = 4;

}  // namespace

bool makeRowTables(OwnedRowTables& tables, const FilterBank& bank, int samples, int sampleBytes, Reach reach, int lanes) {
  const int reached = laneBytes / sampleBytes * (reach == Reach::two ? 2 : 1);
  const int columns = static_cast<int>(bank.left.size());
  if (samples < reached) return false;
  const int perBlock = 8 * lanes;
  // The pass down takes two vectors of words at once.
  tables.view.blocks = (columns + 2 * perBlock - 1) / (2 * perBlock) * 2;
  const auto quads = static_cast<std::size_t>(2 * lanes * tables.view.blocks);
  const auto pairs = static_cast<std::size_t>(bank.taps) / 2;
  tables.bases.reserve(quads);
  tables.picks = alignedBytes(quads * laneBytes * pairs);
  tables.weights = alignedBytes(quads * laneBytes * pairs);
  if (!tables.picks || !tables.weights) return false;
  std::uint8_t* pick = tables.picks.get();
  auto* weight = reinterpret_cast<std::int16_t*>(tables.weights.get());
  // Outputs beyond the row are the last one again.
  const auto output = [&](int at) { return static_cast<std::size_t>(std::min(at, columns - 1)); };
  for (int half = 0; half < 2 * tables.view.blocks; ++half) {
    const auto firstOf = [&](int lane) { return half / 2 * perBlock + (2 * lane + half % 2) * quad; };
    int base[lanesMax] = {};
    for (int lane = 0; lane < lanes; ++lane) {
      base[lane] = std::min(bank.left[output(firstOf(lane))], samples - reached);
      if (bank.left[output(firstOf(lane) + quad - 1)] + bank.taps > base[lane] + reached) return false;
      tables.bases.push_back(base[lane] * sampleBytes);
    }
    for (int tap = 0; tap < bank.taps; tap += 2) {
      for (int i = 0; i < quad * lanes; ++i) {
        const std::size_t at = output(firstOf(i / quad) + i % quad);
        for (int t = tap; t < tap + 2; ++t) {
          const int place = (bank.left[at] + t - base[i / quad]) * sampleBytes;
          *pick++ = static_cast<std::uint8_t>(place);
          // Of a byte, nothing for the word's upper half.
          *pick++ = static_cast<std::uint8_t>(sampleBytes == 2 ? place + 1 : 0x80);
          *weight++ = bank.weights[at * static_cast<std::size_t>(bank.taps) + static_cast<std::size_t>(t)];
        }
      }
    }
  }
  tables.view.bases = tables.bases.data();
  tables.view.picks = tables.picks.get();
  tables.view.weights = reinterpret_cast<const std::int16_t*>(tables.weights.get());
  return true;
}

}  // namespace retrovue::conform
