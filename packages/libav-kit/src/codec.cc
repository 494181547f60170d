#include <retrovue/libav/codec.h>
#include <retrovue/libav/device_session.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/loaned_buffers.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace retrovue::libav {

Expected<CodecContextPtr> openCodec(const AVCodecParameters& parameters, AVRational timeBase, int threads,
                                    const MediaLimits& limits, LoanedBuffers* buffers,
                                    DeviceSession* device) {
  initLibrary();
  const bool isAv1 = device == nullptr && parameters.codec_id == AV_CODEC_ID_AV1;
  const AVCodec* codec = device != nullptr ? device->device().decoderFor(parameters.codec_id)
                         : isAv1           ? avcodec_find_decoder_by_name("libdav1d")
                                           : avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) {
    const std::string what = avcodec_get_name(parameters.codec_id);
    if (device != nullptr) {
      return Failure{"DeviceUnavailable", device->device().name() + " does not decode " + what + ".", 0};
    }
    return Failure{"UnsupportedMedia",
                   isAv1 ? "This libav has no libdav1d, which AV1 is decoded with."
                         : "This libav has no decoder for " + what + ".",
                   0};
  }
  CodecContextPtr context(avcodec_alloc_context3(codec));
  if (context == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening a decoder");
  if (const int copied = avcodec_parameters_to_context(context.get(), &parameters); copied < 0) {
    return libavFailure(copied, "Opening a decoder", "MediaCorrupt");
  }
  context->pkt_timebase = timeBase;
  context->thread_count = threads;
  context->max_pixels = limits.pixelsMax;
  if (device != nullptr) {
    if (auto served = device->serve(*context); !served) return served.failure();
  } else if (buffers != nullptr) {
    buffers->serve(*context);
  }
  if (const int opened = avcodec_open2(context.get(), codec, nullptr); opened < 0) {
    if (device != nullptr) {
      if (auto failed = device->failureOf(opened)) return *failed;
    }
    return libavFailure(opened, std::string("Opening the decoder ") + codec->name, "MediaCorrupt");
  }
  return context;
}

namespace {

/// What a thread decodes in a second, in millions of pixels, as measured on a small virtual machine
/// (docs/benchmarks.md).
double megapixelsPerThread(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_AV1:
      return 140;
    case AV_CODEC_ID_PRORES:
    case AV_CODEC_ID_DNXHD:
      return 120;
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
      return 320;
    default:
      return 220;
  }
}

/// More than that gains little: frame threads wait for the rows that they refer to.
constexpr int threadsMax = 8;

}  // namespace

int threadsAtMost() {
  // The C library reads a file for it, and every picture asks.
  static const int threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, threadsMax);
  return threads;
}

int threadsFor(const AVCodecParameters& parameters, AVRational rate) {
  // Rates that files claim are not to be trusted far (57600 has been seen).
  const double perSecond = rate.num > 0 && rate.den > 0 ? std::clamp(av_q2d(rate), 1.0, 120.0) : 30.0;
  const double megapixels = static_cast<double>(parameters.width) * parameters.height * perSecond / 1e6;
  const int threads = 1 + static_cast<int>(megapixels / megapixelsPerThread(parameters.codec_id));
  return std::clamp(threads, 1, threadsAtMost());
}

}  // namespace retrovue::libav
