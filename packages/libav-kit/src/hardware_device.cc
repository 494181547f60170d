#include <retrovue/libav/hardware_device.h>

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <array>

namespace retrovue::libav {

namespace {

constexpr std::array<const char*, 5> kindNames = {"cuda", "qsv", "videotoolbox", "vaapi", "standin"};

std::string chromaText(int chroma) {
  const std::string digits = std::to_string(chroma);
  return digits.substr(0, 1) + ":" + digits.substr(1, 1) + ":" + digits.substr(2, 1);
}

std::string profileText(const StreamNeeds& needs) {
  const char* name = avcodec_profile_name(needs.codec, needs.profile);
  return name != nullptr ? name : "profile " + std::to_string(needs.profile);
}

}  // namespace

const char* nameOf(DeviceKind kind) {
  return kindNames[static_cast<std::size_t>(kind)];
}

std::optional<DeviceKind> deviceKindOf(const std::string& name) {
  const auto found = std::find(kindNames.begin(), kindNames.end(), name);
  if (found == kindNames.end()) return std::nullopt;
  return static_cast<DeviceKind>(found - kindNames.begin());
}

bool describePixels(AVPixelFormat format, StreamNeeds& into) {
  const AVPixFmtDescriptor* it = av_pix_fmt_desc_get(format);
  if (it == nullptr || (it->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_HWACCEL)) != 0) return false;
  into.depth = it->comp[0].depth;
  if (it->nb_components < 3) {
    into.chroma = 400;
  } else if (it->log2_chroma_w == 0 && it->log2_chroma_h == 0) {
    into.chroma = 444;
  } else if (it->log2_chroma_w == 1 && it->log2_chroma_h <= 1) {
    into.chroma = it->log2_chroma_h == 1 ? 420 : 422;
  } else {
    return false;
  }
  return true;
}

HardwareDevice::HardwareDevice(DeviceKind kind, int index)
    : kind_(kind), name_(std::string(nameOf(kind)) + ":" + std::to_string(index)) {}

std::optional<std::string> HardwareDevice::refusal(const StreamNeeds& needs) const {
  const std::string codec = avcodec_get_name(needs.codec);
  const auto hasCodec = [&](const Capability& it) { return it.codec == needs.codec; };
  if (decoderFor(needs.codec) == nullptr || std::none_of(capabilities_.begin(), capabilities_.end(), hasCodec)) {
    return "does not decode " + codec;
  }
  const Capability* tooSmall = nullptr;
  bool hasPixels = false;
  for (const Capability& it : capabilities_) {
    if (!hasCodec(it) || it.depth != needs.depth || it.chroma != needs.chroma) continue;
    hasPixels = true;
    if (it.profile != FF_PROFILE_UNKNOWN && needs.profile != FF_PROFILE_UNKNOWN && it.profile != needs.profile)
      continue;
    const std::int64_t blocks = ((needs.width + 15LL) / 16) * ((needs.height + 15LL) / 16);
    const bool fits = needs.width >= it.widthMin && needs.height >= it.heightMin &&
                      (it.widthMax == 0 || needs.width <= it.widthMax) &&
                      (it.heightMax == 0 || needs.height <= it.heightMax) &&
                      (it.macroblocksMax == 0 || blocks <= it.macroblocksMax);
    if (fits) return std::nullopt;
    tooSmall = &it;
  }
  if (tooSmall != nullptr) {
    const auto sides = [](int width, int height) { return std::to_string(width) + "×" + std::to_string(height); };
    return "decodes " + codec + " from " + sides(tooSmall->widthMin, tooSmall->heightMin) + " to " +
           sides(tooSmall->widthMax, tooSmall->heightMax) + ", not " + sides(needs.width, needs.height);
  }
  if (hasPixels) return "does not decode " + codec + " in " + profileText(needs);
  return "does not decode " + codec + " of " + std::to_string(needs.depth) + " bits " + chromaText(needs.chroma);
}

}  // namespace retrovue::libav
