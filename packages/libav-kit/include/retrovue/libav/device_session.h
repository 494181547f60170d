#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/device_download.h>
#include <retrovue/libav/hardware_device.h>
#include <retrovue/libav/loaned_buffers.h>

#include <memory>
#include <optional>

namespace retrovue::libav {

/// **One codec's share of a device**: makes the codec decode there and nowhere else, tells its failures from those of
/// the media, and brings its pictures into memory. libav falls back to software by itself where a device
/// cannot; here that is refused, for nobody would know why a channel takes three cores.
///
/// Belongs to the thread that runs the codec, which it outlives.
class DeviceSession {
 public:
  virtual ~DeviceSession() = default;
  DeviceSession(const DeviceSession&) = delete;
  DeviceSession& operator=(const DeviceSession&) = delete;

  /// Before the codec is opened.
  virtual Expected<void> serve(AVCodecContext& codec);
  /// What a call of the codec came to where that is the device's fault: `DeviceUnavailable` where the device
  /// does not take the stream or is lost, `DecodeFailed` where it failed on a picture. Nothing for success and for damage
  /// of the media.
  std::optional<Failure> failureOf(int status);
  /// Brings a picture that came out of the codec into memory: a loaned buffer where it fits one and one is at
  /// hand, else the session's own pool. Copied once, and planar, as the software decoder gives it.
  Expected<FramePtr> bring(FramePtr frame, LoanedBuffers* buffers);
  /// Counts how often the codec's parameters have changed.
  int parameters() const { return parameters_; }
  const HardwareDevice& device() const { return *device_; }

 protected:
  explicit DeviceSession(std::shared_ptr<HardwareDevice> device) : device_(std::move(device)) {}

  /// The format of pictures in the device's memory.
  virtual AVPixelFormat surfaceFormat() const = 0;
  /// What libav is told when it asks which of the formats on offer is wanted; AV_PIX_FMT_NONE refuses.
  virtual AVPixelFormat accept(AVCodecContext& codec, const AVPixelFormat* offered);
  /// Sees a picture as it came out of the codec, and may replace it. A libav error is the device's.
  virtual int arrived(AVCodecContext&, FramePtr&) { return 0; }
  /// Asked once for each change of the codec's parameters; false refuses, and `failureOf` then says why.
  bool admit(AVCodecContext& codec, AVPixelFormat software);
  void refuse(std::string why);
  AVCodecContext& codec() { return *codec_; }

 private:
  static AVPixelFormat onGetFormat(AVCodecContext* codec, const AVPixelFormat* offered);

  const std::shared_ptr<HardwareDevice> device_;
  AVCodecContext* codec_ = nullptr;
  /// What software would decode the stream to.
  AVPixelFormat software_ = AV_PIX_FMT_NONE;
  StreamNeeds needs_;
  int parameters_ = 0;
  std::optional<Failure> refused_;
  DeviceDownload download_;
};

}  // namespace retrovue::libav
