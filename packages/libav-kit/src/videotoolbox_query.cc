#include <retrovue/libav/driver_query.h>
#include <retrovue/libav/shared_library.h>

namespace retrovue::libav {

namespace {

Failure elsewhere() {
  return Failure{"DeviceUnavailable", "VideoToolbox is a part of macOS, which this is not.", 0};
}

#ifdef __APPLE__
struct CodecRow {
  AVCodecID codec;
  /// CMVideoCodecType.
  std::uint32_t type;
  std::vector<int> depths;
};

std::vector<CodecRow> rows() {
  return {{AV_CODEC_ID_H264, 'avc1', {8}},       {AV_CODEC_ID_HEVC, 'hvc1', {8, 10}},
          {AV_CODEC_ID_MPEG2VIDEO, 'mp2v', {8}}, {AV_CODEC_ID_MPEG4, 'mp4v', {8}},
          {AV_CODEC_ID_VP9, 'vp09', {8, 10}},    {AV_CODEC_ID_AV1, 'av01', {8, 10}}};
}
#endif

}  // namespace

Expected<int> countVideoToolbox() {
#ifdef __APPLE__
  return 1;
#else
  return elsewhere();
#endif
}

Expected<DriverAnswer> askVideoToolbox() {
#ifdef __APPLE__
  auto library = SharedLibrary::load("/System/Library/Frameworks/VideoToolbox.framework/VideoToolbox");
  if (!library) return library.failure();
  auto* const isSupported = library->find<unsigned char(std::uint32_t)>("VTIsHardwareDecodeSupported");
  if (isSupported == nullptr) return Failure{"DeviceUnavailable", "This macOS is older than 10.13.", 0};
  DriverAnswer answer;
  answer.driver = "VideoToolbox";
  for (const CodecRow& row : rows()) {
    if (isSupported(row.type) == 0) continue;
    for (const int depth : row.depths) answer.capabilities.push_back({row.codec, FF_PROFILE_UNKNOWN, depth, 420});
  }
  return answer;
#else
  return elsewhere();
#endif
}

}  // namespace retrovue::libav
