#include <retrovue/libav/picture_comparison.h>
#include <retrovue/libav/picture_format.h>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace retrovue::libav {

namespace {

template <class Sample>
std::uint64_t rowError(const std::uint8_t* first, const std::uint8_t* second, int samples) {
  const auto* a = reinterpret_cast<const Sample*>(first);
  const auto* b = reinterpret_cast<const Sample*>(second);
  std::uint64_t sum = 0;
  for (int x = 0; x < samples; x++) {
    const std::int64_t difference = static_cast<std::int64_t>(a[x]) - b[x];
    sum += static_cast<std::uint64_t>(difference * difference);
  }
  return sum;
}

double decibels(std::uint64_t error, double samples, double peak) {
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(peak * peak * samples / static_cast<double>(error));
}

}  // namespace

Expected<PictureComparison> comparePictures(const AVFrame& first, const AVFrame& second) {
  const char* const name = portPixelFormat(first.format);
  const char* const other = portPixelFormat(second.format);
  const bool isAlike = name != nullptr && other != nullptr && std::strcmp(name, other) == 0;
  if (!isAlike || first.width != second.width || first.height != second.height) {
    return Failure{"InvalidArgument", "The pictures are of different format or size.", 0};
  }
  const auto format = static_cast<AVPixelFormat>(first.format);
  const int depth = av_pix_fmt_desc_get(format)->comp[0].depth;
  const int sampleBytes = depth > 8 ? 2 : 1;
  const double peak = (1 << depth) - 1;
  PictureComparison found;
  found.planesDb.fill(std::numeric_limits<double>::infinity());
  std::uint64_t errors = 0;
  double counted = 0;
  for (int i = 0; i < portPlanes(format); i++) {
    const int rows = planeRows(format, i, first.height);
    const int rowBytes = planeRowBytes(format, i, first.width);
    std::uint64_t error = 0;
    for (int y = 0; y < rows; y++) {
      const std::uint8_t* const a = first.data[i] + static_cast<std::ptrdiff_t>(y) * first.linesize[i];
      const std::uint8_t* const b = second.data[i] + static_cast<std::ptrdiff_t>(y) * second.linesize[i];
      if (std::memcmp(a, b, static_cast<std::size_t>(rowBytes)) == 0) continue;
      error += sampleBytes == 2 ? rowError<std::uint16_t>(a, b, rowBytes / 2) : rowError<std::uint8_t>(a, b, rowBytes);
    }
    const double samples = static_cast<double>(rows) * rowBytes / sampleBytes;
    found.planesDb[static_cast<std::size_t>(i)] = decibels(error, samples, peak);
    errors += error;
    counted += samples;
  }
  found.exact = errors == 0;
  found.psnrDb = decibels(errors, counted, peak);
  return found;
}

}  // namespace retrovue::libav
