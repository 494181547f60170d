#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/hardware_device.h>

#include <string>
#include <vector>

namespace retrovue::libav {

/// What a driver says of one device.
struct DriverAnswer {
  std::string model;
  std::string driver;
  std::vector<Capability> capabilities;
};

/// NVIDIA: CUDA's devices, and what NVDEC decodes on one (`cuvidGetDecoderCaps`).
/// @param context libav's of that device
Expected<int> countCuda();
Expected<DriverAnswer> askCuda(int index, AVBufferRef& context);

/// VA-API: the render nodes of Linux, and the profiles that a node's driver decodes, with their bounds.
Expected<int> countVaapi();
/// As "/dev/dri/renderD128" for 0.
std::string renderNode(int index);
Expected<DriverAnswer> askVaapi(AVBufferRef& context);

/// macOS: `VTIsHardwareDecodeSupported` says codecs alone, no bounds.
Expected<int> countVideoToolbox();
Expected<DriverAnswer> askVideoToolbox();

}  // namespace retrovue::libav
