#include "byte_scaler.h"

#include <algorithm>
#include <cstring>

namespace retrovue::conform {
namespace {

/// Bytes that a vector of the passes writes at once, at most.
constexpr int vectorBytes = 64;

bool isForBytes(const ImageSpec& from, const ImageSpec& into) {
  return from.bytes == 1 && into.bytes == 1 && from.depth == 8 && into.depth == 8 && !from.isRgb && !into.isRgb &&
         from.log2X == into.log2X && from.log2Y == into.log2Y && sameMeaning(from.colour, into.colour);
}

}  // namespace

bool ByteScaler::Plane::prepare(int lanes, Filter filter, const Axis& x, const Axis& y) {
  columns = x.outputs;
  rows = y.outputs;
  down = filterBank(filter, y);
  const FilterBank bank = filterBank(filter, x);
  if (down.taps == 0 || bank.taps == 0 || std::max(down.taps, bank.taps) > 2 * tapPairsMax) return false;
  pairsAcross = bank.taps / 2;
  return makeRowTables(across, bank, x.samples, 1, Reach::one, lanes);
}

const RowPasses* ByteScaler::passesOfThisProcessor() {
#if defined(RETROVUE_BYTE_ROWS)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return &avx512Passes;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2Passes;
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
    // Sample n of either side lies at n + 0.5 and as much more as its colours are shifted.
    const double shiftX = i == 0 ? 0 : colourShiftAcross(into) * stepX - colourShiftAcross(from);
    const double shiftY = i == 0 ? 0 : colourShiftDown(into) * stepY - colourShiftDown(from);
    const Axis x{from.width >> log2X, into.width >> log2X, from.cutX / (1 << log2X) + shiftX, stepX};
    const Axis y{from.height >> log2Y, into.height >> log2Y, from.cutY / (1 << log2Y) + shiftY, stepY};
    Plane& plane = scaler->planes_[i];
    if (!plane.prepare(passes->lanes, filter, x, y)) return nullptr;
    taps = std::max(taps, plane.down.taps);
    const std::size_t words = static_cast<std::size_t>(plane.across.view.blocks) * 8 * static_cast<std::size_t>(passes->lanes);
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
      across(from + static_cast<std::size_t>(ready) * fromStride, plane.across.view, rowAt(ready));
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
