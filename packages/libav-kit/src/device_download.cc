#include <retrovue/libav/device_download.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/picture_format.h>

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cerrno>

namespace retrovue::libav {

namespace {

/// As libavcodec aligns rows for its fastest code, and for the conformer's.
constexpr int alignment = 64;

constexpr Unpacking unpackings[] = {
    {AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P, true, 0},
    {AV_PIX_FMT_NV12, AV_PIX_FMT_YUVJ420P, true, 0},
    {AV_PIX_FMT_NV16, AV_PIX_FMT_YUV422P, true, 0},
    {AV_PIX_FMT_NV16, AV_PIX_FMT_YUVJ422P, true, 0},
    {AV_PIX_FMT_NV24, AV_PIX_FMT_YUV444P, true, 0},
    {AV_PIX_FMT_NV24, AV_PIX_FMT_YUVJ444P, true, 0},
    {AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUVJ444P, false, 0},
    {AV_PIX_FMT_P010LE, AV_PIX_FMT_YUV420P10LE, true, 6},
    {AV_PIX_FMT_P016LE, AV_PIX_FMT_YUV420P12LE, true, 4},
    {AV_PIX_FMT_P210LE, AV_PIX_FMT_YUV422P10LE, true, 6},
    {AV_PIX_FMT_P216LE, AV_PIX_FMT_YUV422P12LE, true, 4},
    // What NVDEC decodes 4:4:4 of more than eight bits to.
    {AV_PIX_FMT_YUV444P16LE, AV_PIX_FMT_YUV444P10LE, false, 6},
    {AV_PIX_FMT_YUV444P16LE, AV_PIX_FMT_YUV444P12LE, false, 4},
};

/// What pictures are wanted in where libav names the device's own layout as the software's (QSV does).
AVPixelFormat planarOf(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_NV12:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_P010LE:
      return AV_PIX_FMT_YUV420P10LE;
    default:
      return format;
  }
}

template <class Sample>
void splitPairs(const Sample* pairs, Sample* first, Sample* second, int count, int shift) {
  for (int i = 0; i < count; i++) {
    first[i] = static_cast<Sample>(pairs[2 * i] >> shift);
    second[i] = static_cast<Sample>(pairs[2 * i + 1] >> shift);
  }
}

void splitPlane(const std::uint8_t* pairs, int pairsStride, AVFrame& into, int width, int rows,
                const Unpacking& how, bool isWide) {
  for (int y = 0; y < rows; y++) {
    const std::uint8_t* const from = pairs + static_cast<std::ptrdiff_t>(y) * pairsStride;
    std::uint8_t* const first = into.data[1] + static_cast<std::ptrdiff_t>(y) * into.linesize[1];
    std::uint8_t* const second = into.data[2] + static_cast<std::ptrdiff_t>(y) * into.linesize[2];
    if (isWide) {
      splitPairs(reinterpret_cast<const std::uint16_t*>(from), reinterpret_cast<std::uint16_t*>(first),
                 reinterpret_cast<std::uint16_t*>(second), width, how.shift);
    } else {
      splitPairs(from, first, second, width, 0);
    }
  }
}

void shiftPlane(std::uint8_t* plane, int stride, int width, int rows, int shift) {
  for (int y = 0; y < rows; y++) {
    auto* const row = reinterpret_cast<std::uint16_t*>(plane + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < width; x++) row[x] = static_cast<std::uint16_t>(row[x] >> shift);
  }
}

int evenUp(int value) {
  return (value + 1) & ~1;
}

}  // namespace

const Unpacking* unpackingOf(AVPixelFormat from, AVPixelFormat to) {
  for (const Unpacking& it : unpackings) {
    if (it.from == from && it.to == to) return &it;
  }
  return nullptr;
}

FramePtr FramePool::take(AVPixelFormat format, int width, int height) {
  int strides[4] = {};
  if (av_image_fill_linesizes(strides, format, width) < 0) return nullptr;
  std::ptrdiff_t wide[4] = {};
  for (int i = 0; i < 4; i++) {
    strides[i] = (strides[i] + alignment - 1) / alignment * alignment;
    wide[i] = strides[i];
  }
  std::size_t sizes[4] = {};
  if (av_image_fill_plane_sizes(sizes, format, evenUp(height), wide) < 0) return nullptr;
  if (pool_ == nullptr || format != format_ || width != width_ || height != height_) {
    const std::size_t bytes = sizes[0] + sizes[1] + sizes[2] + sizes[3] + 2 * alignment;
    pool_.reset(av_buffer_pool_init(bytes, nullptr));
    format_ = format;
    width_ = width;
    height_ = height;
  }
  FramePtr frame = makeFrame();
  if (frame == nullptr || pool_ == nullptr) return nullptr;
  frame->buf[0] = av_buffer_pool_get(pool_.get());
  if (frame->buf[0] == nullptr) return nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(frame->buf[0]->data);
  std::uint8_t* at = frame->buf[0]->data + (alignment - address % alignment) % alignment;
  for (int i = 0; i < av_pix_fmt_count_planes(format); i++) {
    frame->data[i] = at;
    frame->linesize[i] = strides[i];
    at += sizes[i];
  }
  frame->extended_data = frame->data;
  frame->format = format;
  frame->width = width;
  frame->height = height;
  return frame;
}

Expected<AVPixelFormat> DeviceDownload::transferFormat(AVBufferRef& frames, AVPixelFormat to) {
  const AVPixelFormat own = reinterpret_cast<AVHWFramesContext*>(frames.data)->sw_format;
  const bool isKnown = asked_ == frames.data && askedOwn_ == own && askedFor_ == to;
  if (isKnown && transfer_ != AV_PIX_FMT_NONE) return transfer_;
  AVPixelFormat* formats = nullptr;
  const int status =
      av_hwframe_transfer_get_formats(&frames, AV_HWFRAME_TRANSFER_DIRECTION_FROM, &formats, 0);
  if (status < 0) return libavFailure(status, "Asking how pictures leave it", "DeviceUnavailable");
  // Its own format first: others may be converted by the driver, who knows how exactly.
  transfer_ = AV_PIX_FMT_NONE;
  std::string offered;
  for (const AVPixelFormat* it = formats; *it != AV_PIX_FMT_NONE; it++) {
    const bool isUsable = *it == to || unpackingOf(*it, to) != nullptr;
    if (isUsable && (transfer_ == AV_PIX_FMT_NONE || *it == own)) transfer_ = *it;
    offered += std::string(" ") + av_get_pix_fmt_name(*it);
  }
  av_free(formats);
  asked_ = frames.data;
  askedOwn_ = own;
  askedFor_ = to;
  if (transfer_ != AV_PIX_FMT_NONE) return transfer_;
  return Failure{"DeviceUnavailable",
                 std::string("no way from the formats it gives (") + offered + " ) to " + av_get_pix_fmt_name(to),
                 0};
}

bool DeviceDownload::makePairs(int bytes) {
  const auto wanted = static_cast<std::size_t>(bytes) + alignment;
  if (pairs_ == nullptr || pairsBytes_ < wanted) {
    pairs_.reset(av_buffer_alloc(wanted));
    pairsBytes_ = pairs_ != nullptr ? wanted : 0;
  }
  return pairs_ != nullptr;
}

Expected<void> DeviceDownload::copy(const AVFrame& surface, AVFrame& into, const Unpacking& how) {
  FramePtr from(av_frame_clone(&surface));
  FramePtr target = makeFrame();
  if (from == nullptr || target == nullptr) return libavFailure(AVERROR(ENOMEM), "Copying a picture");
  const auto& frames = *reinterpret_cast<const AVHWFramesContext*>(surface.hw_frames_ctx->data);
  // Half of an odd height is rounded down by some (hwcontext_cuda.c): the last row of chroma would be missing.
  const int rows = std::min(evenUp(surface.height), std::max(frames.height, surface.height));
  from->height = rows;
  target->format = how.from;
  target->width = surface.width;
  target->height = rows;
  const bool isWide = av_pix_fmt_desc_get(how.from)->comp[0].depth > 8;
  const int chromaWidth = AV_CEIL_RSHIFT(into.width, av_pix_fmt_desc_get(how.from)->log2_chroma_w);
  const int chromaRows = planeRows(how.from, 1, rows);
  int pairsStride = 0;
  for (int i = 0; i < av_pix_fmt_count_planes(how.from); i++) {
    target->data[i] = into.data[i];
    target->linesize[i] = into.linesize[i];
  }
  if (how.pairs) {
    pairsStride = (chromaWidth * (isWide ? 4 : 2) + alignment - 1) / alignment * alignment;
    if (!makePairs(pairsStride * chromaRows)) return libavFailure(AVERROR(ENOMEM), "Copying a picture");
    target->data[1] = pairs_->data;
    target->linesize[1] = pairsStride;
  }
  // libav takes a frame with a buffer for one that has memory to be copied to.
  target->buf[0] = av_buffer_ref(into.buf[0]);
  target->extended_data = target->data;
  if (target->buf[0] == nullptr) return libavFailure(AVERROR(ENOMEM), "Copying a picture");
  const int status = av_hwframe_transfer_data(target.get(), from.get(), 0);
  if (status < 0) return libavFailure(status, "copying a picture out of it", "DeviceUnavailable");

  const AVPixFmtDescriptor& layout = *av_pix_fmt_desc_get(how.to);
  if (how.pairs) splitPlane(pairs_->data, pairsStride, into, chromaWidth, planeRows(how.to, 1, into.height), how, isWide);
  if (how.shift > 0) {
    shiftPlane(into.data[0], into.linesize[0], into.width, into.height, how.shift);
    for (int i = 1; !how.pairs && i < layout.nb_components; i++) {
      shiftPlane(into.data[i], into.linesize[i], chromaWidth, planeRows(how.to, i, into.height), how.shift);
    }
  }
  return {};
}

Expected<FramePtr> DeviceDownload::bring(const AVFrame& surface, AVPixelFormat software, LoanedBuffers* buffers) {
  if (surface.hw_frames_ctx == nullptr) return Failure{"Internal", "a picture that lies in no device", 0};
  const AVPixelFormat to = planarOf(software);
  auto transfer = transferFormat(*surface.hw_frames_ctx, to);
  if (!transfer) return transfer.failure();
  const Unpacking same{to, to, false, 0};
  const Unpacking& how = *transfer == to ? same : *unpackingOf(*transfer, to);
  // libav crops what lies in a device on the right and below alone.
  const bool isCropped = surface.crop_left > 0 || surface.crop_top > 0;
  const bool isOdd = (surface.height & 1) != 0;
  FramePtr into = buffers != nullptr && !isCropped && !isOdd ? buffers->lendEmpty(to, surface.width, surface.height)
                                                             : nullptr;
  if (into == nullptr) into = pool_.take(to, surface.width, surface.height);
  if (into == nullptr || av_frame_copy_props(into.get(), &surface) < 0)
    return libavFailure(AVERROR(ENOMEM), "Copying a picture");
  if (auto copied = copy(surface, *into, how); !copied) return copied.failure();
  if (isCropped && av_frame_apply_cropping(into.get(), AV_FRAME_CROP_UNALIGNED) < 0)
    return Failure{"MediaCorrupt", "a picture is cropped to nothing", 0};
  return into;
}

}  // namespace retrovue::libav
