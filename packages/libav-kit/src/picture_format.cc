#include <retrovue/libav/picture_format.h>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/pixdesc.h>
}

#include <array>
#include <cmath>
#include <cstring>

namespace retrovue::libav {

namespace {

struct Name {
  AVPixelFormat format;
  const char* port;
};

/// What shows like another format by planes alone shares its name.
constexpr Name names[] = {
    {AV_PIX_FMT_YUV420P, "yuv420p"},
    {AV_PIX_FMT_YUV422P, "yuv422p"},
    {AV_PIX_FMT_YUV444P, "yuv444p"},
    {AV_PIX_FMT_YUV420P10LE, "yuv420p10le"},
    {AV_PIX_FMT_YUV422P10LE, "yuv422p10le"},
    {AV_PIX_FMT_YUV444P10LE, "yuv444p10le"},
    {AV_PIX_FMT_YUV420P12LE, "yuv420p12le"},
    {AV_PIX_FMT_YUV422P12LE, "yuv422p12le"},
    {AV_PIX_FMT_YUV444P12LE, "yuv444p12le"},
    {AV_PIX_FMT_NV12, "nv12"},
    {AV_PIX_FMT_P010LE, "p010le"},
    {AV_PIX_FMT_GRAY8, "gray"},
    {AV_PIX_FMT_GRAY10LE, "gray10le"},
    {AV_PIX_FMT_RGB24, "rgb24"},
    {AV_PIX_FMT_RGBA, "rgba"},
    {AV_PIX_FMT_GBRP, "gbrp"},
    {AV_PIX_FMT_YUVJ420P, "yuv420p"},
    {AV_PIX_FMT_YUVJ422P, "yuv422p"},
    {AV_PIX_FMT_YUVJ444P, "yuv444p"},
    {AV_PIX_FMT_YUVA420P, "yuv420p"},
    {AV_PIX_FMT_YUVA422P, "yuv422p"},
    {AV_PIX_FMT_YUVA444P, "yuv444p"},
    {AV_PIX_FMT_YUVA422P10LE, "yuv422p10le"},
    {AV_PIX_FMT_YUVA444P10LE, "yuv444p10le"},
    {AV_PIX_FMT_YUVA422P12LE, "yuv422p12le"},
    {AV_PIX_FMT_YUVA444P12LE, "yuv444p12le"},
};
constexpr int portOwn = 16;

bool isFullRangeTwin(int format) {
  return format == AV_PIX_FMT_YUVJ420P || format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P;
}

/// What a file says, as libav hands it on: any number, where an enumeration of C++ has only its own (pnpm fuzz media: seed 1,
/// case 2503).
template <class Enumeration>
int stated(const Enumeration& it) {
  static_assert(sizeof(Enumeration) == sizeof(int));
  int number = 0;
  std::memcpy(&number, &it, sizeof number);
  return number;
}

const char* primariesOf(int it) {
  switch (it) {
    case AVCOL_PRI_BT709:
      return "bt709";
    case AVCOL_PRI_BT470BG:
      return "bt470bg";
    case AVCOL_PRI_SMPTE170M:
    case AVCOL_PRI_SMPTE240M:
      return "smpte170m";
    case AVCOL_PRI_BT2020:
      return "bt2020";
    case AVCOL_PRI_SMPTE432:
      return "smpte432";
    default:
      return "unknown";
  }
}

const char* transferOf(int it) {
  switch (it) {
    // BT.2020's curves are BT.709's, written with more digits.
    case AVCOL_TRC_BT709:
    case AVCOL_TRC_BT2020_10:
    case AVCOL_TRC_BT2020_12:
      return "bt709";
    case AVCOL_TRC_SMPTE170M:
      return "smpte170m";
    case AVCOL_TRC_SMPTE2084:
      return "smpte2084";
    case AVCOL_TRC_ARIB_STD_B67:
      return "arib-std-b67";
    case AVCOL_TRC_IEC61966_2_1:
      return "iec61966-2-1";
    case AVCOL_TRC_LINEAR:
      return "linear";
    default:
      return "unknown";
  }
}

const char* matrixOf(int it) {
  switch (it) {
    case AVCOL_SPC_BT709:
      return "bt709";
    case AVCOL_SPC_BT470BG:
      return "bt470bg";
    case AVCOL_SPC_SMPTE170M:
    case AVCOL_SPC_SMPTE240M:
      return "smpte170m";
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return "bt2020nc";
    case AVCOL_SPC_RGB:
      return "rgb";
    default:
      return "unknown";
  }
}

bool isRgb(AVPixelFormat format) {
  const AVPixFmtDescriptor* it = av_pix_fmt_desc_get(format);
  return it != nullptr && (it->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

int rotationByMatrix(const std::uint8_t* bytes) {
  // av_display_rotation_get turns anticlockwise, the port clockwise.
  const double turn = -av_display_rotation_get(reinterpret_cast<const std::int32_t*>(bytes));
  if (!std::isfinite(turn)) return 0;
  const int quarter = static_cast<int>(std::lround(turn / 90.0));
  return ((quarter % 4) + 4) % 4 * 90;
}

const char* chromaPositionOf(int it) {
  switch (it) {
    case AVCHROMA_LOC_LEFT:
      return "left";
    case AVCHROMA_LOC_CENTER:
      return "center";
    case AVCHROMA_LOC_TOPLEFT:
      return "top-left";
    case AVCHROMA_LOC_TOP:
      return "top";
    case AVCHROMA_LOC_BOTTOMLEFT:
      return "bottom-left";
    case AVCHROMA_LOC_BOTTOM:
      return "bottom";
    default:
      return nullptr;
  }
}

bool isSubsampled(AVPixelFormat format) {
  const AVPixFmtDescriptor* it = av_pix_fmt_desc_get(format);
  return it != nullptr && it->nb_components >= 3 && (it->log2_chroma_w > 0 || it->log2_chroma_h > 0);
}

/// Both structures may grow: newer libraries make them longer, never shorter.
void readMastering(const std::uint8_t* bytes, std::size_t size, StatedLight& light) {
  if (bytes == nullptr || size < sizeof(AVMasteringDisplayMetadata)) return;
  const auto& it = *reinterpret_cast<const AVMasteringDisplayMetadata*>(bytes);
  if (it.has_luminance == 0 || it.max_luminance.den == 0 || it.min_luminance.den == 0) return;
  const double peak = av_q2d(it.max_luminance);
  const double floor = av_q2d(it.min_luminance);
  // The range that ITU-T H.265 has for them (D.3.28): beyond it somebody mistook the unit.
  if (peak < 5 || peak > 10'000 || floor < 0 || floor > 5) return;
  light.masteringPeak = peak;
  light.masteringFloor = floor;
}

void readContent(const std::uint8_t* bytes, std::size_t size, StatedLight& light) {
  if (bytes == nullptr || size < sizeof(AVContentLightMetadata)) return;
  const auto& it = *reinterpret_cast<const AVContentLightMetadata*>(bytes);
  // Zero means that it is not known (CTA-861.3).
  if (it.MaxCLL > 0) light.contentPeak = it.MaxCLL;
  if (it.MaxFALL > 0) light.frameAveragePeak = it.MaxFALL;
}

struct Bytes {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

Bytes sideDataOf(const AVStream& stream, AVPacketSideDataType type) {
  Bytes found;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
  const AVCodecParameters& it = *stream.codecpar;
  const AVPacketSideData* data = av_packet_side_data_get(it.coded_side_data, it.nb_coded_side_data, type);
  if (data != nullptr) found = {data->data, data->size};
#else
  found.data = av_stream_get_side_data(&stream, type, &found.size);
#endif
  return found;
}

bool topFieldFirst(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_TOP_FIELD_FIRST) != 0;
#else
  return frame.top_field_first != 0;
#endif
}

}  // namespace

bool isInterlaced(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame.interlaced_frame != 0;
#endif
}

bool PictureFormat::operator==(const PictureFormat& other) const {
  const auto same = [](const char* a, const char* b) {
    return a == b || (a != nullptr && b != nullptr && std::strcmp(a, b) == 0);
  };
  return width == other.width && height == other.height && same(pixelFormat, other.pixelFormat) &&
         sampleAspectNum == other.sampleAspectNum && sampleAspectDen == other.sampleAspectDen &&
         same(primaries, other.primaries) && same(transfer, other.transfer) && same(matrix, other.matrix) &&
         same(range, other.range) && same(fieldOrder, other.fieldOrder) && rotation == other.rotation &&
         same(chromaPosition, other.chromaPosition) && light == other.light;
}

const char* portPixelFormat(int format) {
  for (const Name& name : names) {
    if (name.format == format) return name.port;
  }
  return nullptr;
}

AVPixelFormat nearestPortFormat(AVPixelFormat format) {
  std::array<AVPixelFormat, portOwn + 1> own{};
  for (std::size_t i = 0; i < portOwn; i++) own[i] = names[i].format;
  own[portOwn] = AV_PIX_FMT_NONE;
  return avcodec_find_best_pix_fmt_of_list(own.data(), format, 0, nullptr);
}

int portPlanes(AVPixelFormat format) {
  const int planes = av_pix_fmt_count_planes(format);
  return planes > 3 ? 3 : planes;
}

int planeRows(AVPixelFormat format, int plane, int height) {
  const AVPixFmtDescriptor* it = av_pix_fmt_desc_get(format);
  const bool isChroma = plane > 0 && it != nullptr && (it->flags & AV_PIX_FMT_FLAG_RGB) == 0;
  return isChroma ? AV_CEIL_RSHIFT(height, it->log2_chroma_h) : height;
}

int planeRowBytes(AVPixelFormat format, int plane, int width) {
  return av_image_get_linesize(format, width, plane);
}

PictureFormat formatOf(const AVFrame& frame, AVRational sampleAspect, int rotation) {
  PictureFormat format;
  const auto pixels = static_cast<AVPixelFormat>(frame.format);
  format.width = frame.width;
  format.height = frame.height;
  format.pixelFormat = portPixelFormat(frame.format);
  if (sampleAspect.num > 0 && sampleAspect.den > 0) {
    av_reduce(&format.sampleAspectNum, &format.sampleAspectDen, sampleAspect.num, sampleAspect.den, 1 << 20);
    if (format.sampleAspectNum <= 0 || format.sampleAspectDen <= 0)
      format.sampleAspectNum = format.sampleAspectDen = 1;
  }
  format.primaries = primariesOf(stated(frame.color_primaries));
  format.transfer = transferOf(stated(frame.color_trc));
  format.matrix = isRgb(pixels) ? "rgb" : matrixOf(stated(frame.colorspace));
  const int range = stated(frame.color_range);
  if (range == AVCOL_RANGE_JPEG || isFullRangeTwin(frame.format)) {
    format.range = "full";
  } else if (range == AVCOL_RANGE_MPEG) {
    format.range = "limited";
  } else if (isRgb(pixels)) {
    format.range = "full";
  }
  if (isInterlaced(frame)) format.fieldOrder = topFieldFirst(frame) ? "top-first" : "bottom-first";
  if (isSubsampled(pixels)) format.chromaPosition = chromaPositionOf(stated(frame.chroma_location));
  format.rotation = rotation;
  const AVFrameSideData* matrix = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (matrix != nullptr && matrix->size >= 9 * sizeof(std::int32_t))
    format.rotation = rotationByMatrix(matrix->data);
  return format;
}

int rotationOf(const AVStream& stream) {
  const Bytes found = sideDataOf(stream, AV_PKT_DATA_DISPLAYMATRIX);
  if (found.data == nullptr || found.size < 9 * sizeof(std::int32_t)) return 0;
  return rotationByMatrix(found.data);
}

void readLight(const AVFrame& frame, StatedLight& light) {
  const auto* mastering = av_frame_get_side_data(&frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA);
  if (mastering != nullptr) readMastering(mastering->data, mastering->size, light);
  const auto* content = av_frame_get_side_data(&frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL);
  if (content != nullptr) readContent(content->data, content->size, light);
}

StatedLight lightOf(const AVStream& stream) {
  StatedLight light;
  const Bytes mastering = sideDataOf(stream, AV_PKT_DATA_MASTERING_DISPLAY_METADATA);
  readMastering(mastering.data, mastering.size, light);
  const Bytes content = sideDataOf(stream, AV_PKT_DATA_CONTENT_LIGHT_LEVEL);
  readContent(content.data, content.size, light);
  return light;
}

}  // namespace retrovue::libav
