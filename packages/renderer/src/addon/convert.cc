#include "convert.h"

extern "C" {
#include <libavutil/common.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>

#include "picture_encoder.h"

namespace retrovue::renderer {
namespace {

std::int64_t wholeOf(const Napi::Object& from, const char* field) {
  return from.Get(field).As<Napi::Number>().Int64Value();
}

int intOf(const Napi::Object& from, const char* field) {
  return from.Get(field).As<Napi::Number>().Int32Value();
}

std::string textOf(const Napi::Object& from, const char* field) {
  return from.Get(field).As<Napi::String>().Utf8Value();
}

std::int64_t bigOf(const Napi::Object& from, const char* field) {
  bool isLossless = true;
  return from.Get(field).As<Napi::BigInt>().Int64Value(&isLossless);
}

}  // namespace

LentPlanes lentPlanes(const Napi::Array& planes, const Napi::Array& strides) {
  LentPlanes lent;
  const std::uint32_t count = std::min({planes.Length(), strides.Length(), std::uint32_t{4}});
  for (std::uint32_t p = 0; p < count; ++p) {
    const Napi::Value plane = planes.Get(p), stride = strides.Get(p);
    if (!plane.IsTypedArray() || !stride.IsNumber()) continue;
    const auto view = plane.As<Napi::Uint8Array>();
    lent.planes[p] = view.Data();
    // A view whose buffer was detached has no bytes.
    lent.bytes[p] = view.Data() == nullptr ? 0 : view.ByteLength();
    lent.strides[p] = static_cast<std::size_t>(std::max<std::int64_t>(0, stride.As<Napi::Number>().Int64Value()));
  }
  return lent;
}

bool holds(const LentPlanes& lent, const std::string& pixelFormat, int width, int height) {
  const AVPixelFormat format = av_get_pix_fmt(pixelFormat.c_str());
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(format);
  if (layout == nullptr) return false;
  for (int p = 0; p < av_pix_fmt_count_planes(format); ++p) {
    const bool isChroma = (p == 1 || p == 2) && !(layout->flags & AV_PIX_FMT_FLAG_RGB);
    const int rows = isChroma ? AV_CEIL_RSHIFT(height, layout->log2_chroma_h) : height;
    const auto rowBytes = static_cast<std::size_t>(std::max(0, av_image_get_linesize(format, width, p)));
    const auto stride = lent.strides[static_cast<std::size_t>(p)];
    if (stride < rowBytes || stride > INT32_MAX) return false;
    if (lent.bytes[static_cast<std::size_t>(p)] < stride * static_cast<std::size_t>(rows - 1) + rowBytes) return false;
  }
  return true;
}

EncodeSpec encodeSpecOf(const Napi::Object& from) {
  EncodeSpec spec;
  spec.grid = {static_cast<std::uint32_t>(intOf(from, "rateNum")), static_cast<std::uint32_t>(intOf(from, "rateDen")),
               static_cast<std::uint32_t>(intOf(from, "sampleRate"))};
  spec.width = intOf(from, "width");
  spec.height = intOf(from, "height");
  spec.pixelFormat = textOf(from, "pixelFormat");
  spec.sarNum = intOf(from, "sarNum");
  spec.sarDen = intOf(from, "sarDen");
  spec.primaries = intOf(from, "primaries");
  spec.transfer = intOf(from, "transfer");
  spec.matrix = intOf(from, "matrix");
  spec.range = intOf(from, "range");
  spec.channels = intOf(from, "channels");
  spec.videoCodec = textOf(from, "videoCodec");
  spec.videoBitsPerSecond = wholeOf(from, "videoBitsPerSecond");
  spec.videoBufferBits = wholeOf(from, "videoBufferBits");
  spec.muxBitsPerSecond = wholeOf(from, "muxBitsPerSecond");
  spec.gopTicks = wholeOf(from, "gopTicks");
  spec.preset = textOf(from, "preset");
  spec.threads = intOf(from, "threads");
  if (spec.threads <= 0) spec.threads = encodeThreadsFor(spec, intOf(from, "processors"));
  spec.audioCodec = textOf(from, "audioCodec");
  spec.audioBitsPerSecond = wholeOf(from, "audioBitsPerSecond");
  spec.serviceName = textOf(from, "serviceName");
  return spec;
}

ClockMapping mappingOf(const Napi::Object& from) {
  return {static_cast<std::uint64_t>(wholeOf(from, "sequence")), bigOf(from, "monoAnchor"),
          bigOf(from, "houseAnchor"), wholeOf(from, "ratePpb")};
}

}  // namespace retrovue::renderer
