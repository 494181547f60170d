#include <retrovue/libav/driver_query.h>
#include <retrovue/libav/shared_library.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <unistd.h>

#include <memory>
#include <type_traits>

namespace retrovue::libav {

namespace {

// The part of VA-API that is needed (libva 2: va.h), declared here since libav is built with it but its headers
// need not be there.
using VaDisplay = void*;
struct VaConfigAttribute {
  int type;
  unsigned value;
};
constexpr int vaDecode = 1;             // VAEntrypointVLD
constexpr int vaPixelLayouts = 0;       // VAConfigAttribRTFormat
constexpr unsigned vaNotKnown = 1U << 31;  // VA_ATTRIB_NOT_SUPPORTED
/// The beginning of libavutil's AVVAAPIDeviceContext, and its AVVAAPIHWConfig (hwcontext_vaapi.h, which wants va.h).
struct VaapiDeviceContext {
  VaDisplay display;
};
struct VaapiConfig {
  unsigned id;
};

struct ProfileRow {
  /// VAProfile.
  int number;
  AVCodecID codec;
  int profile;
};
constexpr ProfileRow profiles[] = {
    {0, AV_CODEC_ID_MPEG2VIDEO, FF_PROFILE_MPEG2_SIMPLE},
    {1, AV_CODEC_ID_MPEG2VIDEO, FF_PROFILE_MPEG2_MAIN},
    {2, AV_CODEC_ID_MPEG4, FF_PROFILE_MPEG4_SIMPLE},
    {3, AV_CODEC_ID_MPEG4, FF_PROFILE_MPEG4_ADVANCED_SIMPLE},
    {4, AV_CODEC_ID_MPEG4, FF_PROFILE_MPEG4_MAIN},
    {6, AV_CODEC_ID_H264, FF_PROFILE_H264_MAIN},
    {7, AV_CODEC_ID_H264, FF_PROFILE_H264_HIGH},
    {8, AV_CODEC_ID_VC1, FF_PROFILE_VC1_SIMPLE},
    {9, AV_CODEC_ID_VC1, FF_PROFILE_VC1_MAIN},
    {10, AV_CODEC_ID_VC1, FF_PROFILE_VC1_ADVANCED},
    {12, AV_CODEC_ID_MJPEG, FF_PROFILE_MJPEG_HUFFMAN_BASELINE_DCT},
    {13, AV_CODEC_ID_H264, FF_PROFILE_H264_CONSTRAINED_BASELINE},
    {14, AV_CODEC_ID_VP8, FF_PROFILE_UNKNOWN},
    {17, AV_CODEC_ID_HEVC, FF_PROFILE_HEVC_MAIN},
    {18, AV_CODEC_ID_HEVC, FF_PROFILE_HEVC_MAIN_10},
    {19, AV_CODEC_ID_VP9, FF_PROFILE_VP9_0},
    {20, AV_CODEC_ID_VP9, FF_PROFILE_VP9_1},
    {21, AV_CODEC_ID_VP9, FF_PROFILE_VP9_2},
    {22, AV_CODEC_ID_VP9, FF_PROFILE_VP9_3},
    {32, AV_CODEC_ID_AV1, FF_PROFILE_AV1_MAIN},
    {33, AV_CODEC_ID_AV1, FF_PROFILE_AV1_HIGH},
};

struct LayoutRow {
  /// VA_RT_FORMAT_….
  unsigned bit;
  int depth;
  int chroma;
};
/// Those of which pictures leave in planes or pairs; 4:2:2 and 4:4:4 are packed by most drivers, and not taken.
constexpr LayoutRow layouts[] = {{0x1, 8, 420}, {0x100, 10, 420}, {0x1000, 12, 420}};

struct VaCalls {
  SharedLibrary library;
  int (*profilesMax)(VaDisplay);
  int (*entrypointsMax)(VaDisplay);
  int (*profiles)(VaDisplay, int*, int*);
  int (*entrypoints)(VaDisplay, int, int*, int*);
  int (*attributes)(VaDisplay, int, int, VaConfigAttribute*, int);
  int (*create)(VaDisplay, int, int, VaConfigAttribute*, int, unsigned*);
  int (*destroy)(VaDisplay, unsigned);
  const char* (*vendor)(VaDisplay);
};

Expected<VaCalls> loadCalls() {
  auto library = SharedLibrary::load("libva.so.2");
  if (!library) return library.failure();
  VaCalls it{std::move(*library), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
  const auto find = [&it](auto& into, const char* name) {
    into = it.library.find<std::remove_pointer_t<std::remove_reference_t<decltype(into)>>>(name);
    return into != nullptr;
  };
  const bool hasAll = find(it.profilesMax, "vaMaxNumProfiles") && find(it.entrypointsMax, "vaMaxNumEntrypoints") &&
                      find(it.profiles, "vaQueryConfigProfiles") &&
                      find(it.entrypoints, "vaQueryConfigEntrypoints") &&
                      find(it.attributes, "vaGetConfigAttributes") && find(it.create, "vaCreateConfig") &&
                      find(it.destroy, "vaDestroyConfig") && find(it.vendor, "vaQueryVendorString");
  if (!hasAll) return Failure{"DeviceUnavailable", "libva.so.2 lacks a function that is needed.", 0};
  return it;
}

bool decodes(const VaCalls& va, VaDisplay display, int profile) {
  std::vector<int> found(static_cast<std::size_t>(va.entrypointsMax(display)));
  int count = 0;
  if (va.entrypoints(display, profile, found.data(), &count) != 0) return false;
  for (int i = 0; i < count; i++) {
    if (found[static_cast<std::size_t>(i)] == vaDecode) return true;
  }
  return false;
}

struct ConstraintsDeleter {
  void operator()(AVHWFramesConstraints* it) const { av_hwframe_constraints_free(&it); }
};

/// The bounds of a profile's pictures: zeros where the driver does not say.
Capability boundsOf(const VaCalls& va, AVBufferRef& context, VaDisplay display, int profile, unsigned layout) {
  Capability it;
  unsigned id = 0;
  VaConfigAttribute wanted{vaPixelLayouts, layout};
  if (va.create(display, profile, vaDecode, &wanted, 1, &id) != 0) return it;
  struct Freer {
    void operator()(void* held) const { av_free(held); }
  };
  const std::unique_ptr<void, Freer> config(av_hwdevice_hwconfig_alloc(&context));
  if (config != nullptr) {
    static_cast<VaapiConfig*>(config.get())->id = id;
    const std::unique_ptr<AVHWFramesConstraints, ConstraintsDeleter> bounds(
        av_hwdevice_get_hwframe_constraints(&context, config.get()));
    if (bounds != nullptr) {
      it.widthMin = bounds->min_width;
      it.heightMin = bounds->min_height;
      it.widthMax = bounds->max_width == INT32_MAX ? 0 : bounds->max_width;
      it.heightMax = bounds->max_height == INT32_MAX ? 0 : bounds->max_height;
    }
  }
  va.destroy(display, id);
  return it;
}

/// Nodes are numbered from 128 on (Linux: drivers/gpu/drm/drm_drv.c, 64 minors of each type).
constexpr int nodeFirst = 128;
constexpr int nodesMax = 64;

}  // namespace

std::string renderNode(int index) {
  return "/dev/dri/renderD" + std::to_string(nodeFirst + index);
}

Expected<int> countVaapi() {
  int count = 0;
  for (int i = 0; i < nodesMax; i++) {
    if (access(renderNode(i).c_str(), F_OK) == 0) count = i + 1;
  }
  if (count > 0) return count;
  return Failure{"DeviceUnavailable", "There is no render node under /dev/dri: no card, or no driver for it.", 0};
}

Expected<DriverAnswer> askVaapi(AVBufferRef& context) {
  auto calls = loadCalls();
  if (!calls) return calls.failure();
  const VaCalls& va = *calls;
  const auto& held = *reinterpret_cast<const AVHWDeviceContext*>(context.data);
  const VaDisplay display = static_cast<const VaapiDeviceContext*>(held.hwctx)->display;
  DriverAnswer answer;
  if (const char* vendor = va.vendor(display); vendor != nullptr) answer.driver = vendor;
  std::vector<int> found(static_cast<std::size_t>(va.profilesMax(display)));
  int count = 0;
  if (va.profiles(display, found.data(), &count) != 0)
    return Failure{"DeviceUnavailable", "The VA-API driver does not say what it decodes.", 0};
  for (int i = 0; i < count; i++) {
    const int number = found[static_cast<std::size_t>(i)];
    for (const ProfileRow& row : profiles) {
      if (row.number != number || !decodes(va, display, number)) continue;
      VaConfigAttribute offered{vaPixelLayouts, 0};
      if (va.attributes(display, number, vaDecode, &offered, 1) != 0 || (offered.value & vaNotKnown) != 0) continue;
      for (const LayoutRow& layout : layouts) {
        if ((offered.value & layout.bit) == 0) continue;
        Capability it = boundsOf(va, context, display, number, layout.bit);
        it.codec = row.codec;
        it.profile = row.profile;
        it.depth = layout.depth;
        it.chroma = layout.chroma;
        answer.capabilities.push_back(it);
      }
    }
  }
  return answer;
}

}  // namespace retrovue::libav
