#include "tone_scaler.h"

#include <algorithm>
#include <cstring>

namespace retrovue::conform {
namespace {

/// What they reach beyond either end of a row, with what keeps rows aligned.
constexpr int margin = wordVector;

bool isForTones(const ImageSpec& from, const ImageSpec& into) {
  return from.bytes == 2 && !from.isRgb && !into.isRgb && from.colour.primaries == 9 && into.colour.primaries == 1 &&
         isSdrCurve(into.colour.transfer) && lumaPartsOf(from.colour.matrix).red > 0 && into.chroma == ZIMG_CHROMA_LEFT &&
         into.width >= wordVector && into.height >= 2 * tapPairsMax;
}

}  // namespace

const WordPasses* wordPassesOfThisProcessor() {
#if defined(RETROVUE_BYTE_ROWS)
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return &avx512WordPasses;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2WordPasses;
#endif
  return nullptr;
}

std::unique_ptr<ToneScaler> ToneScaler::make(const ImageSpec& from, const ImageSpec& into, Filter filter, int sourcePeak,
                                             const WordPasses* passes) {
  if (passes == nullptr || !isForTones(from, into)) return nullptr;
  std::unique_ptr<ToneScaler> scaler(new ToneScaler(*passes, from, into));
  const HdrCurve curve = from.colour.transfer == 18 ? HdrCurve::hlg : HdrCurve::pq;
  if (!scaler->prepare(filter) || !scaler->prepareRows()) return nullptr;
  scaler->cube_ = ToneCube::of(curve, sourcePeak, into.colour, into.depth);
  if (!scaler->cube_) return nullptr;
  scaler->tone_ = toneRowOf(*scaler->cube_, from.colour, from.depth);
  return scaler;
}

bool ToneScaler::prepare(Filter filter) {
  const double stepX = from_.cutWidth / into_.width, stepY = from_.cutHeight / into_.height;
  const Axis x{from_.width, into_.width, from_.cutX, stepX}, y{from_.height, into_.height, from_.cutY, stepY};
  const double partX = 1.0 / (1 << from_.log2X), partY = 1.0 / (1 << from_.log2Y);
  const Axis colourX{from_.width >> from_.log2X, into_.width, from_.cutX * partX - colourShiftAcross(from_), stepX * partX};
  const Axis colourY{from_.height >> from_.log2Y, into_.height, from_.cutY * partY - colourShiftDown(from_), stepY * partY};
  if (!luma_.prepare(passes_, filter, x, y, from_.depth) ||
      !colour_.prepare(passes_, filter, colourX, colourY, from_.depth)) {
    return false;
  }
  for (std::size_t plane = 0; plane < 3; ++plane)
    if (!rows_[plane].prepare(plane == 0 ? luma_ : colour_)) return false;
  if (into_.log2X == 1) {
    // The program's colours lie at the left pixel of two: half a pixel left of their middle. Away from the ends all are alike.
    const FilterBank across = filterBank(filter, {4 * wordVector, 2 * wordVector, -0.5, 2});
    constexpr std::size_t middle = wordVector;
    const auto taps = static_cast<std::size_t>(across.taps);
    halving_ = {across.left[middle] - 2 * static_cast<int>(middle), across.taps == 8 ? 0 : 1, {}};
    std::copy_n(&across.weights[middle * taps], taps, halving_.weights.begin());
  }
  if (into_.log2Y == 1) {
    down_ = filterBank(filter, {into_.height, into_.height / 2, 0, 2});
    if (down_.taps == 0 || down_.taps > 2 * tapPairsMax) return false;
  }
  return true;
}

bool ToneScaler::prepareRows() {
  rowUnits_ = luma_.rowUnits() + 2 * margin;
  const std::size_t ringRows = into_.log2Y == 1 ? static_cast<std::size_t>(down_.taps) : 1;
  const std::size_t rows = 3 + 2 * ringRows + 1;
  memory_ = alignedBytes(rows * rowUnits_ * sizeof(std::int16_t));
  if (!memory_) return false;
  std::memset(memory_.get(), 0, rows * rowUnits_ * sizeof(std::int16_t));
  auto* next = reinterpret_cast<std::int16_t*>(memory_.get());
  for (auto& row : toned_) row = std::exchange(next, next + rowUnits_) + margin;
  for (std::size_t plane = 1; plane < 3; ++plane) rings_[plane] = std::exchange(next, next + ringRows * rowUnits_);
  made_ = next;
  for (std::size_t plane = 0; plane < 3; ++plane) {
    read_[plane] = alignedBytes(static_cast<std::size_t>(from_.width) * sizeof(std::uint16_t));
    if (!read_[plane]) return false;
  }
  return true;
}

const std::uint16_t* ToneScaler::sourceRow(const RowSource& source, int plane, int y) {
  if (source.reader == nullptr) {
    return reinterpret_cast<const std::uint16_t*>(source.picture.plane[plane] +
                                                  static_cast<std::size_t>(y) * source.picture.stride[plane]);
  }
  std::uint8_t* row = read_[static_cast<std::size_t>(plane)].get();
  source.reader->read(source.picture, plane, y, 0, from_.width >> (plane == 0 ? 0 : from_.log2X), row);
  return reinterpret_cast<const std::uint16_t*>(row);
}

void ToneScaler::toneRow(const RowSource& source, int y) {
  for (int plane = 0; plane < 3; ++plane) {
    rows_[static_cast<std::size_t>(plane)].row(
        y, [&](int n) { return sourceRow(source, plane, n); }, toned_[static_cast<std::size_t>(plane)]);
  }
  passes_.tone(tone_, into_.width, toned_[0], toned_[1], toned_[2]);
}

void ToneScaler::emit(const std::int16_t* row, int plane, int y, const RowSink& sink) const {
  const int log2X = plane == 0 ? 0 : into_.log2X, log2Y = plane == 0 ? 0 : into_.log2Y;
  if (y >= ceilShift(sink.height, log2Y)) return;
  const int columns = ceilShift(sink.width, log2X), step = 16 * passes_.lanes, whole = columns / step * step;
  const Emission how{into_.depth, dither_.row(plane, y)};
  std::uint8_t* into = sink.picture.plane[plane] + static_cast<std::size_t>(y) * sink.picture.stride[plane];
  const auto write = [&](const std::int16_t* from, int count, std::uint8_t* to) {
    if (into_.bytes == 1) passes_.emitBytes(from, how, count, to);
    else passes_.emitWords(from, how, count, reinterpret_cast<std::uint16_t*>(to));
  };
  write(row, whole, into);
  if (whole == columns) return;
  // A vector would write beyond the row.
  alignas(64) std::uint8_t tail[4 * wordVector];
  write(row + whole, step, tail);
  std::memcpy(into + whole * into_.bytes, tail, static_cast<std::size_t>((columns - whole) * into_.bytes));
}

void ToneScaler::finishColours(int y, const RowSink& sink) {
  const int width = into_.width, columns = width >> into_.log2X, taps = down_.taps;
  const bool isLow = into_.log2Y == 1;
  for (int plane = 1; plane < 3; ++plane) {
    std::int16_t *row = toned_[static_cast<std::size_t>(plane)], *ring = rings_[static_cast<std::size_t>(plane)];
    std::int16_t* across = isLow ? ring + static_cast<std::size_t>(y % taps) * rowUnits_ : ring;
    if (into_.log2X == 1) {
      // Beyond its edges a picture is its own mirror image.
      for (int i = 0; i < -halving_.left + 1; ++i) {
        row[-1 - i] = row[i];
        row[width + i] = row[width - 1 - i];
      }
      passes_.halve[halving_.which](row + halving_.left, halving_.weights.data(), columns, across);
    } else {
      across = row;
    }
    if (!isLow) emit(across, plane, y, sink);
  }
  if (!isLow) return;
  for (; finished_ < into_.height / 2 && down_.left[static_cast<std::size_t>(finished_)] + taps <= y + 1; ++finished_) {
    const std::int16_t* rows[2 * tapPairsMax] = {};
    const int top = down_.left[static_cast<std::size_t>(finished_)];
    for (int plane = 1; plane < 3; ++plane) {
      for (int t = 0; t < taps; ++t)
        rows[t] = rings_[static_cast<std::size_t>(plane)] + static_cast<std::size_t>((top + t) % taps) * rowUnits_;
      passes_.down[taps / 2 - 1](rows, &down_.weights[static_cast<std::size_t>(finished_ * taps)], columns, made_);
      emit(made_, plane, finished_, sink);
    }
  }
}

Expected<void> ToneScaler::run(const RowSource& source, const RowSink& sink, const std::atomic<bool>& cancelled) {
  for (PlaneRows& rows : rows_) rows.restart();
  finished_ = 0;
  for (int y = 0; y < into_.height; ++y) {
    if (cancelled.load(std::memory_order_relaxed)) return Failure{"Cancelled", "The conversion was cancelled"};
    toneRow(source, y);
    emit(toned_[0], 0, y, sink);
    finishColours(y, sink);
  }
  return {};
}

}  // namespace retrovue::conform
