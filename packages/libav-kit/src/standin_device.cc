#include <retrovue/libav/device_session.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/media_file.h>
#include <retrovue/libav/standin_device.h>
#include <retrovue/libav/standin_memory.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

namespace retrovue::libav {

namespace {

constexpr int sideMax = 8192;

std::vector<Capability> usualCapabilities() {
  std::vector<Capability> rows;
  const auto add = [&rows](AVCodecID codec, int depth) {
    rows.push_back({codec, FF_PROFILE_UNKNOWN, depth, 420, 16, 16, sideMax, sideMax, 0});
  };
  for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP8, AV_CODEC_ID_VP9,
                                AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG4, AV_CODEC_ID_MJPEG}) {
    add(codec, 8);
  }
  for (const AVCodecID codec : {AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP9}) add(codec, 10);
  return rows;
}

/// What a device and its sessions share.
struct StandinState {
  StandinFaults faults;
  std::atomic<int> sessions{0};
  std::atomic<bool> isLost{false};
};

class StandinSession final : public DeviceSession {
 public:
  StandinSession(std::shared_ptr<HardwareDevice> device, std::shared_ptr<StandinState> state, BufferPtr context)
      : DeviceSession(std::move(device)), state_(std::move(state)), context_(std::move(context)) {}
  ~StandinSession() override { state_->sessions--; }

 protected:
  AVPixelFormat surfaceFormat() const override { return AV_PIX_FMT_DRM_PRIME; }

  /// Its decoders are libavcodec's own, which give what they list last.
  AVPixelFormat accept(AVCodecContext& codec, const AVPixelFormat* offered) override {
    const AVPixelFormat* last = offered;
    while (last[1] != AV_PIX_FMT_NONE) last++;
    wasAsked_ = true;
    return admit(codec, *last) ? *last : AV_PIX_FMT_NONE;
  }

  int arrived(AVCodecContext& codec, FramePtr& frame) override {
    const StandinFaults& faults = state_->faults;
    const std::int64_t number = count_++;
    if (faults.latencyUs > 0) std::this_thread::sleep_for(std::chrono::microseconds(faults.latencyUs));
    if (faults.lostAt >= 0 && number >= faults.lostAt) state_->isLost = true;
    if (state_->isLost) return AVERROR(ENODEV);
    if (number == faults.errorAt) return AVERROR_EXTERNAL;
    const auto software = static_cast<AVPixelFormat>(frame->format);
    // Libraries (libdav1d) do not ask.
    if (!wasAsked_ && !admit(codec, software)) return AVERROR(EINVAL);
    FramePtr surface = store(codec, *frame);
    if (surface == nullptr) return AVERROR(ENOMEM);
    if (faults.wrong != StandinFaults::Wrong::none && number >= faults.wrongAt) spoil(*surface, *frame, number);
    last_ = std::move(frame);
    frame = std::move(surface);
    return 0;
  }

 private:
  FramePtr store(AVCodecContext& codec, const AVFrame& frame) {
    const auto software = static_cast<AVPixelFormat>(frame.format);
    const int width = std::max(codec.coded_width, frame.width);
    const int height = std::max(codec.coded_height, frame.height);
    if (memory_ == nullptr || software != software_ || width != width_ || height != height_) {
      auto made = createStandinMemory(*context_, software, width, height);
      if (!made) {
        refuse("has no memory for such pictures");
        return nullptr;
      }
      memory_ = std::move(*made);
      software_ = software;
      width_ = width;
      height_ = height;
    }
    return storeInStandin(*memory_, frame);
  }

  void spoil(AVFrame& surface, const AVFrame& frame, std::int64_t number) {
    switch (state_->faults.wrong) {
      case StandinFaults::Wrong::green:
        paintGreenRows(surface);
        break;
      case StandinFaults::Wrong::colour:
        exchangeColours(surface);
        break;
      case StandinFaults::Wrong::swapped:
        if (number == state_->faults.wrongAt && last_ != nullptr && last_->width == frame.width) writeToStandin(surface, *last_);
        break;
      case StandinFaults::Wrong::none:
        break;
    }
  }

  const std::shared_ptr<StandinState> state_;
  const BufferPtr context_;
  BufferPtr memory_;
  AVPixelFormat software_ = AV_PIX_FMT_NONE;
  int width_ = 0;
  int height_ = 0;
  std::int64_t count_ = 0;
  bool wasAsked_ = false;
  /// What came before, as software gave it.
  FramePtr last_;
};

class StandinDevice final : public HardwareDevice {
 public:
  StandinDevice(StandinSpec spec, BufferPtr context)
      : HardwareDevice(DeviceKind::standin, spec.index),
        sessionsMax_(spec.sessionsMax),
        context_(std::move(context)) {
    model_ = std::move(spec.model);
    driver_ = std::move(spec.driver);
    capabilities_ = spec.capabilities.empty() ? usualCapabilities() : std::move(spec.capabilities);
    state_->faults = std::move(spec.faults);
  }

  const AVCodec* decoderFor(AVCodecID codec) const override {
    return codec == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name("libdav1d") : avcodec_find_decoder(codec);
  }

  Expected<std::unique_ptr<DeviceSession>> begin() override {
    if (state_->isLost) return Failure{"DeviceUnavailable", name() + " is lost.", 0};
    BufferPtr context(av_buffer_ref(context_.get()));
    if (context == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening a decoder");
    if (++state_->sessions > sessionsMax_ && sessionsMax_ > 0) {
      state_->sessions--;
      return Failure{"DeviceUnavailable", name() + " has no session left.", 0};
    }
    return std::unique_ptr<DeviceSession>(new StandinSession(shared_from_this(), state_, std::move(context)));
  }

 private:
  const int sessionsMax_;
  const BufferPtr context_;
  const std::shared_ptr<StandinState> state_ = std::make_shared<StandinState>();
};

}  // namespace

Expected<std::shared_ptr<HardwareDevice>> openStandin(StandinSpec spec) {
  initLibrary();
  if (!spec.faults.missing.empty()) return Failure{"DeviceUnavailable", spec.faults.missing, 0};
  BufferPtr context(av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_DRM));
  const int status = context != nullptr ? av_hwdevice_ctx_init(context.get()) : AVERROR(ENOSYS);
  if (status < 0) return libavFailure(status, "Making a stand-in of this libav's DRM frames", "DeviceUnavailable");
  return std::shared_ptr<HardwareDevice>(new StandinDevice(std::move(spec), std::move(context)));
}

}  // namespace retrovue::libav
