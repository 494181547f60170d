#include "jpeg.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <retrovue/libav/errors.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/handles.h>

#include <algorithm>
#include <cerrno>

namespace retrovue::renderer {
namespace {

/// libav's quantiser of MJPEG, 2 (best) to 31: 4 is what broadcasters' monitor stills look like, at 50 to 100 KB.
constexpr int kQuantiser = 4;

struct Size {
  int width;
  int height;
};

/// The picture's shape on the screen; both sides even, as 4:2:0 likes them.
Size stillSize(const StillSource& source, int widthMax) {
  const double shown = static_cast<double>(source.width) * source.sarNum / source.sarDen;
  const double width = std::clamp<double>(widthMax, 16, std::max(16.0, shown));
  const auto even = [](double value) { return std::max(2, static_cast<int>(value / 2 + 0.5) * 2); };
  return {even(width), even(width * source.height / shown)};
}

Expected<libav::FramePtr> scaled(const StillSource& source, Size size) {
  const AVPixelFormat format = av_get_pix_fmt(source.pixelFormat.c_str());
  if (format == AV_PIX_FMT_NONE || !sws_isSupportedInput(format))
    return Failure{"UnsupportedMedia", "No stills are made of " + source.pixelFormat + " pictures.", 0};
  const libav::ScalerPtr scaler(sws_getContext(source.width, source.height, format, size.width, size.height,
                                               AV_PIX_FMT_YUVJ420P, SWS_BICUBIC, nullptr, nullptr, nullptr));
  libav::FramePtr frame = libav::makeFrame();
  if (scaler == nullptr || frame == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Scaling a still");
  // JPEG is BT.601, full range (JFIF 1.02).
  const int* from = sws_getCoefficients(source.matrix == AVCOL_SPC_UNSPECIFIED ? SWS_CS_ITU709 : source.matrix);
  sws_setColorspaceDetails(scaler.get(), from, source.range == AVCOL_RANGE_JPEG ? 1 : 0,
                           sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16, 1 << 16);
  frame->format = AV_PIX_FMT_YUVJ420P;
  frame->width = size.width;
  frame->height = size.height;
  frame->quality = kQuantiser * FF_QP2LAMBDA;
  if (const int made = av_frame_get_buffer(frame.get(), 0); made < 0)
    return libav::libavFailure(made, "Scaling a still");
  sws_scale(scaler.get(), source.planes.data(), source.strides.data(), 0, source.height, frame->data, frame->linesize);
  return frame;
}

}  // namespace

Expected<std::vector<std::uint8_t>> encodeJpeg(const StillSource& source, int widthMax) {
  libav::initLibrary();
  const Size size = stillSize(source, widthMax);
  auto frame = scaled(source, size);
  if (!frame) return frame.failure();
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr) return Failure{"UnsupportedMedia", "This libav has no encoder for JPEG.", 0};
  const libav::CodecContextPtr context(avcodec_alloc_context3(codec));
  const libav::PacketPtr packet = libav::makePacket();
  if (context == nullptr || packet == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Encoding a still");
  context->width = size.width;
  context->height = size.height;
  context->pix_fmt = AV_PIX_FMT_YUVJ420P;
  context->time_base = {1, 25};
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_QSCALE;
  context->global_quality = kQuantiser * FF_QP2LAMBDA;
  int done = avcodec_open2(context.get(), codec, nullptr);
  if (done >= 0) done = avcodec_send_frame(context.get(), frame->get());
  if (done >= 0) done = avcodec_receive_packet(context.get(), packet.get());
  if (done < 0) return libav::libavFailure(done, "Encoding a still", "Internal");
  return std::vector<std::uint8_t>(packet->data, packet->data + packet->size);
}

}  // namespace retrovue::renderer
