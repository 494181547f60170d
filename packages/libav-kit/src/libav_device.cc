#include <retrovue/libav/device_session.h>
#include <retrovue/libav/driver_query.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/hardware_device.h>
#include <retrovue/libav/media_file.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <cerrno>

namespace retrovue::libav {

namespace {

AVHWDeviceType typeOf(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cuda:
      return AV_HWDEVICE_TYPE_CUDA;
    case DeviceKind::qsv:
      return AV_HWDEVICE_TYPE_QSV;
    case DeviceKind::videotoolbox:
      return AV_HWDEVICE_TYPE_VIDEOTOOLBOX;
    case DeviceKind::vaapi:
      return AV_HWDEVICE_TYPE_VAAPI;
    case DeviceKind::standin:
      break;
  }
  return AV_HWDEVICE_TYPE_NONE;
}

AVPixelFormat surfaceOf(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cuda:
      return AV_PIX_FMT_CUDA;
    case DeviceKind::qsv:
      return AV_PIX_FMT_QSV;
    case DeviceKind::videotoolbox:
      return AV_PIX_FMT_VIDEOTOOLBOX;
    case DeviceKind::vaapi:
      return AV_PIX_FMT_VAAPI;
    case DeviceKind::standin:
      break;
  }
  return AV_PIX_FMT_NONE;
}

bool isBuiltIn(AVHWDeviceType type) {
  for (auto it = AV_HWDEVICE_TYPE_NONE; (it = av_hwdevice_iterate_types(it)) != AV_HWDEVICE_TYPE_NONE;) {
    if (it == type) return true;
  }
  return false;
}

/// The driver tells these apart by the device context alone, which the codec is given.
class LibavDeviceSession final : public DeviceSession {
 public:
  LibavDeviceSession(std::shared_ptr<HardwareDevice> device, BufferPtr context, AVPixelFormat surface)
      : DeviceSession(std::move(device)), context_(std::move(context)), surface_(surface) {}

  Expected<void> serve(AVCodecContext& codec) override {
    if (auto served = DeviceSession::serve(codec); !served) return served;
    codec.hw_device_ctx = av_buffer_ref(context_.get());
    if (codec.hw_device_ctx == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening a decoder");
    return {};
  }

 protected:
  AVPixelFormat surfaceFormat() const override { return surface_; }

 private:
  const BufferPtr context_;
  const AVPixelFormat surface_;
};

/// A device by libav's own hardware contexts.
class LibavDevice final : public HardwareDevice {
 public:
  LibavDevice(DeviceKind kind, int index, BufferPtr context, DriverAnswer answer)
      : HardwareDevice(kind, index), context_(std::move(context)) {
    model_ = std::move(answer.model);
    driver_ = std::move(answer.driver);
    capabilities_ = std::move(answer.capabilities);
  }

  const AVCodec* decoderFor(AVCodecID codec) const override {
    void* at = nullptr;
    while (const AVCodec* it = av_codec_iterate(&at)) {
      if (it->id == codec && av_codec_is_decoder(it) != 0 && canUse(*it)) return it;
    }
    return nullptr;
  }

  Expected<std::unique_ptr<DeviceSession>> begin() override {
    BufferPtr context(av_buffer_ref(context_.get()));
    if (context == nullptr) return libavFailure(AVERROR(ENOMEM), "Opening a decoder");
    return std::unique_ptr<DeviceSession>(
        new LibavDeviceSession(shared_from_this(), std::move(context), surfaceOf(kind())));
  }

 private:
  bool canUse(const AVCodec& codec) const {
    // Libraries of their own (h264_cuvid) have parsers of their own: libavcodec's are what software goes by, too. QSV has no
    // other way in.
    if (codec.wrapper_name != nullptr && kind() != DeviceKind::qsv) return false;
    const int methods = AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX |
                        (kind() == DeviceKind::qsv ? AV_CODEC_HW_CONFIG_METHOD_HW_FRAMES_CTX : 0);
    for (int i = 0; const AVCodecHWConfig* it = avcodec_get_hw_config(&codec, i); i++) {
      if (it->device_type == typeOf(kind()) && it->pix_fmt == surfaceOf(kind()) && (it->methods & methods) != 0)
        return true;
    }
    return false;
  }

  const BufferPtr context_;
};

Expected<BufferPtr> createContext(AVHWDeviceType type, const char* device) {
  AVBufferRef* context = nullptr;
  const int status = av_hwdevice_ctx_create(&context, type, device, nullptr, 0);
  if (status < 0) return libavFailure(status, std::string("Opening ") + (device != nullptr ? device : "it"), "DeviceUnavailable");
  return BufferPtr(context);
}

}  // namespace

Expected<int> countDevices(DeviceKind kind) {
  initLibrary();
  if (!isBuiltIn(typeOf(kind))) {
    return Failure{"DeviceUnavailable", std::string("This libav was built without ") + nameOf(kind) + ".", 0};
  }
  switch (kind) {
    case DeviceKind::cuda:
      return countCuda();
    case DeviceKind::qsv:
    case DeviceKind::vaapi:
      return countVaapi();
    case DeviceKind::videotoolbox:
      return countVideoToolbox();
    case DeviceKind::standin:
      break;
  }
  return Failure{"DeviceUnavailable", "A stand-in is only there where it is asked for.", 0};
}

Expected<std::shared_ptr<HardwareDevice>> openDevice(DeviceKind kind, int index) {
  auto count = countDevices(kind);
  if (!count) return count.failure();
  if (index < 0 || index >= *count) {
    return Failure{"DeviceUnavailable", std::string("There is no ") + nameOf(kind) + ":" + std::to_string(index) + ".",
                   0};
  }
  const std::string place = kind == DeviceKind::cuda           ? std::to_string(index)
                            : kind == DeviceKind::videotoolbox ? ""
                                                               : renderNode(index);
  // Quick Sync has no way of its own to say what it decodes without a stream at hand; the driver under it has.
  auto context = createContext(kind == DeviceKind::qsv ? AV_HWDEVICE_TYPE_VAAPI : typeOf(kind),
                               place.empty() ? nullptr : place.c_str());
  if (!context) return context.failure();
  auto answer = kind == DeviceKind::cuda           ? askCuda(index, **context)
                : kind == DeviceKind::videotoolbox ? askVideoToolbox()
                                                   : askVaapi(**context);
  if (!answer) return answer.failure();
  if (kind == DeviceKind::qsv) {
    AVBufferRef* derived = nullptr;
    const int status = av_hwdevice_ctx_create_derived(&derived, AV_HWDEVICE_TYPE_QSV, context->get(), 0);
    if (status < 0) return libavFailure(status, "Opening Quick Sync on " + place, "DeviceUnavailable");
    context->reset(derived);
  }
  return std::shared_ptr<HardwareDevice>(
      new LibavDevice(kind, index, std::move(*context), std::move(*answer)));
}

}  // namespace retrovue::libav
