#include "picture_encoder.h"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <retrovue/libav/errors.h>
#include <retrovue/libav/media_file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace retrovue::renderer {
namespace {

const AVCodec* codecNamed(const std::string& codec) {
  if (codec == "h264") return avcodec_find_encoder_by_name("libx264");
  if (codec == "hevc") return avcodec_find_encoder_by_name("libx265");
  if (codec == "mpeg2video") return avcodec_find_encoder(AV_CODEC_ID_MPEG2VIDEO);
  return nullptr;
}

bool takes(const AVCodec& codec, AVPixelFormat format) {
  if (codec.pix_fmts == nullptr) return true;
  for (const AVPixelFormat* known = codec.pix_fmts; *known != AV_PIX_FMT_NONE; ++known)
    if (*known == format) return true;
  return false;
}

/// What differs between encoders. Each access unit begins with its delimiter (ISO/IEC 13818-1, 2.14.1), parameter sets come
/// with each key frame, and a picture that is made a key frame by order begins a closed group.
void setOptions(AVCodecContext& context, const EncodeSpec& spec, libav::DictionaryPtr& options) {
  AVDictionary* set = nullptr;
  if (spec.videoCodec == "h264") {
    av_dict_set(&set, "preset", spec.preset.c_str(), 0);
    av_dict_set(&set, "tune", "zerolatency", 0);
    av_dict_set(&set, "forced-idr", "1", 0);
    av_dict_set(&set, "aud", "1", 0);
    av_dict_set(&set, "x264-params", "scenecut=0:open-gop=0", 0);
  } else if (spec.videoCodec == "hevc") {
    av_dict_set(&set, "preset", spec.preset.c_str(), 0);
    av_dict_set(&set, "tune", "zerolatency", 0);
    av_dict_set(&set, "forced-idr", "1", 0);
    const std::string pools = "pools=" + std::to_string(spec.threads);
    av_dict_set(&set, "x265-params",
                (pools + ":frame-threads=1:scenecut=0:open-gop=0:repeat-headers=1:aud=1:log-level=error").c_str(), 0);
  } else {
    context.flags |= AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_LOW_DELAY;
    // libav would put key frames where scenes change; ours lie on the grid.
    av_dict_set(&set, "sc_threshold", "1000000000", 0);
  }
  options.reset(set);
}

/// A wrapper around memory that somebody else owns; released when the encoder is done with it, which is at once.
AVBufferRef* borrow(const std::uint8_t* at, std::size_t bytes) {
  return av_buffer_create(const_cast<std::uint8_t*>(at), bytes, [](void*, std::uint8_t*) {}, nullptr,
                          AV_BUFFER_FLAG_READONLY);
}

}  // namespace

int encodeThreadsFor(const EncodeSpec& spec, int processors) {
  // Million pixels a second that one thread encodes, with room for the rest of a channel: half of what x264 was measured
  // at on a small virtual machine (docs/benchmarks.md); presets that are not listed are slower ones.
  const auto speed = [&]() -> double {
    if (spec.videoCodec == "mpeg2video") return 60;
    const double share = spec.videoCodec == "hevc" ? 0.3 : 1;
    for (const auto& [preset, value] : {std::pair{"ultrafast", 80.0}, {"superfast", 40.0}, {"veryfast", 25.0},
                                        {"faster", 15.0}, {"fast", 12.0}})
      if (spec.preset == preset) return value * share;
    return 8 * share;
  }();
  const HouseGrid& grid = spec.grid;
  const double wanted = static_cast<double>(spec.width) * spec.height * grid.rateNum / grid.rateDen / 1e6;
  return std::clamp(1 + static_cast<int>(wanted / speed), 1, std::clamp(processors, 1, 8));
}

Expected<PictureEncoder> PictureEncoder::open(const EncodeSpec& spec) {
  libav::initLibrary();
  const AVCodec* codec = codecNamed(spec.videoCodec);
  if (codec == nullptr)
    return Failure{"UnsupportedMedia", "This libav has no encoder for " + spec.videoCodec + ".", 0};
  const AVPixelFormat format = av_get_pix_fmt(spec.pixelFormat.c_str());
  if (format == AV_PIX_FMT_NONE || !takes(*codec, format)) {
    return Failure{"UnsupportedMedia",
                   std::string("The encoder ") + codec->name + " takes no " + spec.pixelFormat + " pictures.", 0};
  }
  libav::CodecContextPtr context(avcodec_alloc_context3(codec));
  libav::FramePtr frame = libav::makeFrame();
  if (context == nullptr || frame == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Opening an encoder");
  const AVRational rate{static_cast<int>(spec.grid.rateNum), static_cast<int>(spec.grid.rateDen)};
  context->width = spec.width;
  context->height = spec.height;
  context->pix_fmt = format;
  context->framerate = rate;
  context->time_base = av_inv_q(rate);
  context->sample_aspect_ratio = {spec.sarNum, spec.sarDen};
  context->color_primaries = static_cast<AVColorPrimaries>(spec.primaries);
  context->color_trc = static_cast<AVColorTransferCharacteristic>(spec.transfer);
  context->colorspace = static_cast<AVColorSpace>(spec.matrix);
  context->color_range = static_cast<AVColorRange>(spec.range);
  context->bit_rate = spec.videoBitsPerSecond;
  context->rc_max_rate = spec.videoBitsPerSecond;
  context->rc_buffer_size = static_cast<int>(std::min<std::int64_t>(spec.videoBufferBits, INT32_MAX));
  context->gop_size = static_cast<int>(std::min<std::int64_t>(spec.gopTicks, INT32_MAX));
  context->max_b_frames = 0;
  context->thread_count = spec.threads;
  context->thread_type = FF_THREAD_SLICE;
  libav::DictionaryPtr options;
  setOptions(*context, spec, options);
  AVDictionary* rest = options.release();
  const int opened = avcodec_open2(context.get(), codec, &rest);
  options.reset(rest);
  if (opened < 0)
    return libav::libavFailure(opened, std::string("Opening the encoder ") + codec->name, "InvalidConfig");
  frame->format = format;
  frame->width = spec.width;
  frame->height = spec.height;
  frame->sample_aspect_ratio = context->sample_aspect_ratio;
  frame->color_primaries = context->color_primaries;
  frame->color_trc = context->color_trc;
  frame->colorspace = context->colorspace;
  frame->color_range = context->color_range;
  return PictureEncoder(spec, std::move(context), std::move(frame));
}

Expected<void> PictureEncoder::encode(const TakenTick& taken, StreamUnits& into) {
  AVFrame& frame = *frame_;
  const AVPixFmtDescriptor* layout = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const int planes = av_pix_fmt_count_planes(static_cast<AVPixelFormat>(frame.format));
  for (int p = 0; p < planes; ++p) {
    const bool isChroma = (p == 1 || p == 2) && !(layout->flags & AV_PIX_FMT_FLAG_RGB);
    const int rows = isChroma ? AV_CEIL_RSHIFT(frame.height, layout->log2_chroma_h) : frame.height;
    frame.data[p] = const_cast<std::uint8_t*>(taken.planes[p]);
    frame.linesize[p] = static_cast<int>(taken.strides[p]);
    // Without a reference of its own a frame would be copied before it is encoded.
    frame.buf[p] = borrow(taken.planes[p], taken.strides[p] * static_cast<std::size_t>(rows));
    if (frame.buf[p] == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Encoding a picture");
  }
  const std::int64_t group = taken.tick / gopTicks_;
  const bool isKey = keyWanted_ || group != lastGroup_;
  keyWanted_ = false;
  lastGroup_ = group;
  frame.pts = taken.tick;
  frame.pict_type = isKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  const int sent = avcodec_send_frame(context_.get(), &frame);
  for (int p = 0; p < planes; ++p) av_buffer_unref(&frame.buf[p]);
  if (sent < 0) return libav::libavFailure(sent, "Encoding a picture", "Internal");
  for (;;) {
    StreamUnit* unit = into.add();
    if (unit == nullptr) return libav::libavFailure(AVERROR(ENOMEM), "Encoding a picture");
    const int received = avcodec_receive_packet(context_.get(), unit->packet.get());
    if (received < 0) {
      into.dropLast();
      if (received == AVERROR(EAGAIN)) return {};
      return libav::libavFailure(received, "Encoding a picture", "Internal");
    }
    unit->index = unit->packet->pts;
    unit->isKey = (unit->packet->flags & AV_PKT_FLAG_KEY) != 0;
  }
}

}  // namespace retrovue::renderer
