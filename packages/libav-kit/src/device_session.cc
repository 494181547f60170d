#include <retrovue/libav/device_session.h>
#include <retrovue/libav/errors.h>

#include <algorithm>
#include <cerrno>

namespace retrovue::libav {

namespace {

/// Surfaces beyond what the codec refers to: the one that is being copied, and the one that comes out meanwhile.
constexpr int surfacesToSpare = 2;

}  // namespace

Expected<void> DeviceSession::serve(AVCodecContext& codec) {
  codec_ = &codec;
  codec.opaque = this;
  codec.get_format = &DeviceSession::onGetFormat;
  codec.extra_hw_frames = surfacesToSpare;
  // Threads would only queue up before the device.
  codec.thread_count = 1;
  return {};
}

void DeviceSession::refuse(std::string why) {
  if (!refused_) refused_ = Failure{"DeviceUnavailable", device_->name() + " " + std::move(why) + ".", 0};
}

AVPixelFormat DeviceSession::onGetFormat(AVCodecContext* codec, const AVPixelFormat* offered) {
  return static_cast<DeviceSession*>(codec->opaque)->accept(*codec, offered);
}

bool DeviceSession::admit(AVCodecContext& codec, AVPixelFormat software) {
  StreamNeeds needs;
  needs.codec = codec.codec_id;
  needs.profile = codec.profile;
  needs.width = std::max(codec.coded_width, codec.width);
  needs.height = std::max(codec.coded_height, codec.height);
  if (!describePixels(software, needs)) {
    refuse("has no word for the format of its pictures");
    return false;
  }
  if (auto why = device_->refusal(needs)) {
    refuse(std::move(*why));
    return false;
  }
  if (!(needs == needs_) || software != software_) parameters_++;
  needs_ = needs;
  software_ = software;
  return true;
}

AVPixelFormat DeviceSession::accept(AVCodecContext& codec, const AVPixelFormat* offered) {
  bool isOffered = false;
  const AVPixelFormat* last = offered;
  for (const AVPixelFormat* it = offered; *it != AV_PIX_FMT_NONE; it++) {
    isOffered = isOffered || *it == surfaceFormat();
    last = it;
  }
  // libav lists what needs no device last. Asked again without the device's format, it has failed to begin with it.
  if (!admit(codec, *last)) return AV_PIX_FMT_NONE;
  if (isOffered) return surfaceFormat();
  refuse("would not begin to decode it (its driver said no, or this libav knows no way)");
  return AV_PIX_FMT_NONE;
}

std::optional<Failure> DeviceSession::failureOf(int status) {
  if (refused_) return refused_;
  switch (status) {
    // Damage, for which there is concealment; and what is no failure.
    case AVERROR_INVALIDDATA:
    case AVERROR(EAGAIN):
    case AVERROR_EOF:
      return std::nullopt;
    case AVERROR(ENOMEM):
      return Failure{"DeviceUnavailable", device_->name() + " has no memory left for pictures.", status};
    case AVERROR(ENODEV):
    case AVERROR(EIO):
      return Failure{"DeviceUnavailable", device_->name() + " is lost: " + errorText(status), status};
    default:
      if (status >= 0) return std::nullopt;
      return Failure{"DecodeFailed", device_->name() + " failed on a picture: " + errorText(status), status};
  }
}

Expected<FramePtr> DeviceSession::bring(FramePtr frame, LoanedBuffers* buffers) {
  const int status = arrived(*codec_, frame);
  if (auto failed = failureOf(status)) return *failed;
  if (status < 0) return libavFailure(status, "Decoding a picture");
  if (frame->format != surfaceFormat()) {
    refuse("was passed over: libav decoded in software");
    return *refused_;
  }
  auto brought = download_.bring(*frame, software_, buffers);
  if (brought) return brought;
  const Failure& failure = brought.failure();
  return Failure{failure.code, device_->name() + ": " + failure.message, failure.status};
}

}  // namespace retrovue::libav
