#include "row_reader.h"

#include <algorithm>
#include <cstring>

namespace retrovue::conform {
namespace {

template <class Sample>
void fill(std::uint8_t* row, int left, int right, Sample value) {
  auto* samples = reinterpret_cast<Sample*>(row);
  std::fill(samples + left, samples + right, value);
}

/// Every second sample, without the bits below the significant ones. Lines may be unaligned.
template <class Sample>
void readPair(const std::uint8_t* line, int which, int shift, int left, int right, std::uint8_t* row) {
  auto* samples = reinterpret_cast<Sample*>(row);
  for (int x = left; x < right; ++x) {
    Sample value;
    std::memcpy(&value, line + (2 * static_cast<std::size_t>(x) + which) * sizeof(Sample), sizeof(Sample));
    samples[x] = static_cast<Sample>(value >> shift);
  }
}

void readShifted(const std::uint8_t* line, int shift, int left, int right, std::uint8_t* row) {
  auto* samples = reinterpret_cast<std::uint16_t*>(row);
  for (int x = left; x < right; ++x) {
    std::uint16_t value;
    std::memcpy(&value, line + static_cast<std::size_t>(x) * 2, 2);
    samples[x] = static_cast<std::uint16_t>(value >> shift);
  }
}

void readPacked(const std::uint8_t* line, int component, int pixelBytes, int left, int right, std::uint8_t* row) {
  if (pixelBytes == 3) {
    for (int x = left; x < right; ++x) row[x] = line[3 * static_cast<std::size_t>(x) + component];
    return;
  }
  for (int x = left; x < right; ++x) {
    const std::uint8_t* pixel = line + 4 * static_cast<std::size_t>(x);
    // Exact rounding of value · alpha / 255 for all bytes.
    const unsigned product = pixel[component] * pixel[3] + 128u;
    row[x] = static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
  }
}

}  // namespace

int RowReader::memoryPlane(int component) const {
  switch (layout_.packing) {
    case Packing::planar:
      // libav's planar RGB is stored green, blue, red.
      return layout_.isRgb ? (component == 0 ? 2 : component - 1) : component;
    case Packing::paired:
      return component == 0 ? 0 : 1;
    default:
      return 0;
  }
}

void RowReader::readSamples(const std::uint8_t* line, int component, int left, int right, std::uint8_t* row) const {
  const auto at = static_cast<std::size_t>(left) * layout_.bytes;
  switch (layout_.packing) {
    case Packing::packed:
      readPacked(line, component, layout_.pixelBytes, left, right, row);
      return;
    case Packing::paired:
      if (component > 0) {
        if (layout_.bytes == 1) readPair<std::uint8_t>(line, component - 1, layout_.shift, left, right, row);
        else readPair<std::uint16_t>(line, component - 1, layout_.shift, left, right, row);
        return;
      }
      if (layout_.shift > 0) {
        readShifted(line, layout_.shift, left, right, row);
        return;
      }
      [[fallthrough]];
    default:
      std::memcpy(row + at, line + at, static_cast<std::size_t>(right - left) * layout_.bytes);
  }
}

void RowReader::read(const PictureIn& from, int component, int y, int left, int right, std::uint8_t* row) const {
  const bool isColour = component > 0 && !layout_.isRgb;
  if (isColour && layout_.packing == Packing::grey) {
    if (layout_.bytes == 1) fill<std::uint8_t>(row, left, right, 128);
    else fill<std::uint16_t>(row, left, right, static_cast<std::uint16_t>(1 << (layout_.depth - 1)));
    return;
  }
  const int columns = isColour ? ceilShift(width_, layout_.log2X) : width_;
  const int rows = isColour ? ceilShift(height_, layout_.log2Y) : height_;
  const int plane = memoryPlane(component);
  const std::uint8_t* line = from.plane[plane] + static_cast<std::size_t>(std::min(y, rows - 1)) * from.stride[plane];
  const int end = std::min(right, columns);
  // A tile that begins beyond the edge still needs the edge's sample.
  const int begin = std::min(left, columns - 1);
  readSamples(line, component, begin, end, row);
  if (right <= columns) return;
  if (layout_.bytes == 1) fill<std::uint8_t>(row, columns, right, row[columns - 1]);
  else fill<std::uint16_t>(row, columns, right, reinterpret_cast<std::uint16_t*>(row)[columns - 1]);
}

void RowReader::readAll(const PictureIn& from, Surface& into) const {
  for (int plane = 0; plane < 3; ++plane)
    for (int y = 0; y < into.rows(plane); ++y) read(from, plane, y, 0, into.columns(plane), into.row(plane, y));
}

}  // namespace retrovue::conform
