#include "byte_scaler.h"

#include <algorithm>
#include <cstring>

namespace retrovue::conform {
namespace {

constexpr int laneBytes = 16;
constexpr int quad = 4;
/// Bytes that a vector of the passes writes at once, at most.
constexpr int vectorBytes = 64;

bool isForBytes(const ImageSpec& from, const ImageSpec& into) {
  return from.bytes == 1 && into.bytes == 1 && from.depth == 8 && into.depth == 8 && !from.isRgb && !into.isRgb &&
         from.log2X == into.log2X && from.log2Y == into.log2Y && sameMeaning(from.colour, into.colour) &&
         from.chroma == ZIMG_CHROMA_LEFT && into.chroma == ZIMG_CHROMA_LEFT;
}

/// Colour samples of half the width lie at the left pixel of their two: a quarter of a sample left of the middle, on both
/// sides of the scaling.
double leftShift(int log2X, double step) {
  return log2X == 0 ? 0 : 0.25 * (1 - step);
}

}  // namespace

bool ByteScaler::Plane::prepare(int lanes, Filter filter, const Axis& x, const Axis& y) {
  columns = x.outputs;
  rows = y.outputs;
  down = filterBank(filter, y);
  const FilterBank bank = filterBank(filter, x);
  const int tapsMax = std::max(down.taps, bank.taps);
  if (down.taps == 0 || bank.taps == 0 || tapsMax > 2 * tapPairsMax || x.samples < laneBytes) return false;
  pairsAcross = bank.taps / 2;
  const int perBlock = 8 * lanes;
  // The pass down takes two vectors of words at once.
  across.blocks = (columns + 2 * perBlock - 1) / (2 * perBlock) * 2;
  const auto quads = static_cast<std::size_t>(2 * lanes * across.blocks);
  bases.reserve(quads);
  picks = alignedBytes(quads * laneBytes * static_cast<std::size_t>(pairsAcross));
  weights = alignedBytes(quads * laneBytes * static_cast<std::size_t>(pairsAcross));
  if (!picks || !weights) return false;
  std::uint8_t* pick = picks.get();
  auto* weight = reinterpret_cast<std::int16_t*>(weights.get());
  // Outputs beyond the row are the last one again.
  const auto output = [&](int at) { return static_cast<std::size_t>(std::min(at, columns - 1)); };
  for (int half = 0; half < 2 * across.blocks; ++half) {
    const auto firstOf = [&](int lane) { return half / 2 * perBlock + (2 * lane + half % 2) * quad; };
    int base[vectorBytes / laneBytes] = {};
    for (int lane = 0; lane < lanes; ++lane) {
      base[lane] = std::min(bank.left[output(firstOf(lane))], x.samples - laneBytes);
      if (bank.left[output(firstOf(lane) + quad - 1)] + bank.taps > base[lane] + laneBytes) return false;
      bases.push_back(base[lane]);
    }
    for (int tap = 0; tap < bank.taps; tap += 2) {
      for (int i = 0; i < quad * lanes; ++i) {
        const std::size_t at = output(firstOf(i / quad) + i % quad);
        for (int t = tap; t < tap + 2; ++t) {
          *pick++ = static_cast<std::uint8_t>(bank.left[at] + t - base[i / quad]);
          *pick++ = 0x80;  // Nothing: the word's upper half.
          *weight++ = bank.weights[at * static_cast<std::size_t>(bank.taps) + static_cast<std::size_t>(t)];
        }
      }
    }
  }
  across.bases = bases.data();
  across.picks = picks.get();
  across.weights = reinterpret_cast<const std::int16_t*>(weights.get());
  return true;
}

const RowPasses* ByteScaler::passesOfThisProcessor() {
#if defined(RETROVUE_BYTE_ROWS)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return &avx512Passes;
  if (__builtin_cpu_supports("avx2")) return &avx2Passes;
#endif
  return nullptr;
}

std::unique_ptr<ByteScaler> ByteScaler::make(const ImageSpec& from, const ImageSpec& into, Filter filter,
                                             const RowPasses* passes) {
  if (passes == nullptr || !isForBytes(from, into)) return nullptr;
  std::unique_ptr<ByteScaler> scaler(new ByteScaler(*passes));
  const double stepX = from.cutWidth / into.width, stepY = from.cutHeight / into.height;
  int taps = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const int log2X = i == 0 ? 0 : from.log2X, log2Y = i == 0 ? 0 : from.log2Y;
    const Axis x{from.width >> log2X, into.width >> log2X, from.cutX / (1 << log2X) + leftShift(log2X, stepX), stepX};
    const Axis y{from.height >> log2Y, into.height >> log2Y, from.cutY / (1 << log2Y), stepY};
    Plane& plane = scaler->planes_[i];
    if (!plane.prepare(passes->lanes, filter, x, y)) return nullptr;
    taps = std::max(taps, plane.down.taps);
    const std::size_t words = static_cast<std::size_t>(plane.across.blocks) * 8 * static_cast<std::size_t>(passes->lanes);
    scaler->betweenWords_ = std::max(scaler->betweenWords_, words);
  }
  scaler->between_ = alignedBytes(scaler->betweenWords_ * static_cast<std::size_t>(taps) * sizeof(std::int16_t));
  return scaler->between_ ? std::move(scaler) : nullptr;
}

bool ByteScaler::scale(const Plane& plane, const std::uint8_t* from, std::size_t fromStride, std::uint8_t* into,
                       std::size_t intoStride, const std::atomic<bool>& cancelled) {
  const int taps = plane.down.taps;
  const int step = 16 * passes_.lanes;
  const int whole = plane.columns / step * step;
  const auto across = passes_.across[plane.pairsAcross - 1];
  const auto down = passes_.down[taps / 2 - 1];
  auto* between = reinterpret_cast<std::int16_t*>(between_.get());
  const auto rowAt = [&](int y) { return between + static_cast<std::size_t>(y % taps) * betweenWords_; };
  const std::int16_t* rows[2 * tapPairsMax] = {};
  int ready = 0;
  for (int y = 0; y < plane.rows; ++y) {
    if (cancelled.load(std::memory_order_relaxed)) return false;
    const int top = plane.down.left[static_cast<std::size_t>(y)];
    for (ready = std::max(ready, top); ready < top + taps; ++ready)
      across(from + static_cast<std::size_t>(ready) * fromStride, plane.across, rowAt(ready));
    for (int t = 0; t < taps; ++t) rows[t] = rowAt(top + t);
    const std::int16_t* weights = &plane.down.weights[static_cast<std::size_t>(y) * static_cast<std::size_t>(taps)];
    std::uint8_t* row = into + static_cast<std::size_t>(y) * intoStride;
    down(rows, weights, whole, row);
    if (whole == plane.columns) continue;
    // A vector would write beyond the row.
    std::uint8_t tail[vectorBytes];
    for (int t = 0; t < taps; ++t) rows[t] += whole;
    down(rows, weights, step, tail);
    std::memcpy(row + whole, tail, static_cast<std::size_t>(plane.columns - whole));
  }
  return true;
}

Expected<void> ByteScaler::run(const PictureIn& from, const PictureOut& into, const std::atomic<bool>& cancelled) {
  for (int plane = 0; plane < 3; ++plane) {
    if (!scale(planes_[plane == 0 ? 0 : 1], from.plane[plane], from.stride[plane], into.plane[plane], into.stride[plane],
               cancelled)) {
      return Failure{"Cancelled", "The conversion was cancelled"};
    }
  }
  return {};
}

}  // namespace retrovue::conform
