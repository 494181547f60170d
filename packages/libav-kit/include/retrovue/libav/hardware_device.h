#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace retrovue::libav {

class DeviceSession;

/// How a device is spoken to. `standin` is a device made of software, for tests.
enum class DeviceKind { cuda, qsv, videotoolbox, vaapi, standin };

/// "cuda", "qsv", …
const char* nameOf(DeviceKind kind);
/// Nothing where no kind has that name.
std::optional<DeviceKind> deviceKindOf(const std::string& name);

/// What a stream asks of a device.
struct StreamNeeds {
  AVCodecID codec = AV_CODEC_ID_NONE;
  /// libavcodec's number; FF_PROFILE_UNKNOWN where the stream says none.
  int profile = FF_PROFILE_UNKNOWN;
  /// Bits of a sample.
  int depth = 8;
  /// 400, 420, 422 or 444.
  int chroma = 420;
  /// Of the coded picture, padding included.
  int width = 0;
  int height = 0;

  bool operator==(const StreamNeeds&) const = default;
};

/// Depth and chroma by a format of libav's; nothing for formats that no device decodes to.
bool describePixels(AVPixelFormat format, StreamNeeds& into);

/// One row of what a device decodes, as its driver says.
struct Capability {
  AVCodecID codec = AV_CODEC_ID_NONE;
  /// FF_PROFILE_UNKNOWN: each profile of that depth and chroma.
  int profile = FF_PROFILE_UNKNOWN;
  int depth = 8;
  int chroma = 420;
  int widthMin = 0;
  int heightMin = 0;
  /// 0 where the driver does not say.
  int widthMax = 0;
  int heightMax = 0;
  /// Pictures may be wide or high but not both, where the driver says so: 16×16 blocks at most; 0 for no bound.
  std::int64_t macroblocksMax = 0;
};

/// **A device that decodes.** Made by `openDevice`, shared by its sessions, which keep it alive; closed with the
/// last of them. Any thread.
class HardwareDevice : public std::enable_shared_from_this<HardwareDevice> {
 public:
  virtual ~HardwareDevice() = default;
  HardwareDevice(const HardwareDevice&) = delete;
  HardwareDevice& operator=(const HardwareDevice&) = delete;

  /// "cuda:0".
  const std::string& name() const { return name_; }
  DeviceKind kind() const { return kind_; }
  /// The card's own name, as "NVIDIA L4"; empty where the driver tells none.
  const std::string& model() const { return model_; }
  /// The driver with its version: another one begins with a clean sheet.
  const std::string& driver() const { return driver_; }
  /// What the driver answered when the device was opened.
  const std::vector<Capability>& capabilities() const { return capabilities_; }
  /// Why it does not decode such a stream, in words that follow its name; nothing where it does.
  std::optional<std::string> refusal(const StreamNeeds& needs) const;
  /// libav's decoder that can make use of it; null where there is none.
  virtual const AVCodec* decoderFor(AVCodecID codec) const = 0;
  /// One codec's share of the device. `DeviceUnavailable` where the driver gives no more.
  virtual Expected<std::unique_ptr<DeviceSession>> begin() = 0;

 protected:
  HardwareDevice(DeviceKind kind, int index);

  std::string model_;
  std::string driver_;
  std::vector<Capability> capabilities_;

 private:
  const DeviceKind kind_;
  const std::string name_;
};

/// How many devices of a kind there are to be tried. `DeviceUnavailable` says why none can be: the driver's
/// library is missing, say. Never zero.
Expected<int> countDevices(DeviceKind kind);

/// Opens the device and asks its driver what it decodes: may take seconds. `DeviceUnavailable` says what is missing.
/// @param kind any but `standin`, which `openStandin` makes
Expected<std::shared_ptr<HardwareDevice>> openDevice(DeviceKind kind, int index);

}  // namespace retrovue::libav
