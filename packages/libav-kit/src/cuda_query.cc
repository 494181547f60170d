#include <retrovue/libav/driver_query.h>
#include <retrovue/libav/shared_library.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <cstring>
#include <optional>

namespace retrovue::libav {

namespace {

// The few calls and structures of NVIDIA's interfaces that are needed, declared here since their headers are no
// part of the system (CUDA driver API: cuda.h; Video Codec SDK 9 and later: cuviddec.h; NVML: nvml.h).
using CudaResult = int;
using CudaContext = void*;
struct CuvidDecodeCaps {
  int codec;
  int chroma;
  unsigned depthMinus8;
  unsigned reserved1[3];
  unsigned char isSupported;
  unsigned char decoders;
  unsigned short outputFormats;
  unsigned widthMax;
  unsigned heightMax;
  unsigned macroblocksMax;
  unsigned short widthMin;
  unsigned short heightMin;
  unsigned reserved3[11];
};
static_assert(sizeof(CuvidDecodeCaps) == 88, "CUVIDDECODECAPS of cuviddec.h");
/// The beginning of libavutil's AVCUDADeviceContext (hwcontext_cuda.h, which wants cuda.h).
struct CudaDeviceContext {
  CudaContext context;
};

struct CodecRow {
  AVCodecID codec;
  /// cudaVideoCodec.
  int number;
};
constexpr CodecRow codecs[] = {
    {AV_CODEC_ID_MPEG1VIDEO, 0}, {AV_CODEC_ID_MPEG2VIDEO, 1}, {AV_CODEC_ID_MPEG4, 2}, {AV_CODEC_ID_VC1, 3},
    {AV_CODEC_ID_H264, 4},       {AV_CODEC_ID_MJPEG, 5},      {AV_CODEC_ID_HEVC, 8},  {AV_CODEC_ID_VP8, 9},
    {AV_CODEC_ID_VP9, 10},       {AV_CODEC_ID_AV1, 11},
};
struct ChromaRow {
  int chroma;
  /// cudaVideoChromaFormat.
  int number;
};
/// 4:0:0 is left out: NVDEC gives it as 4:2:0, which is not what software gives.
constexpr ChromaRow chromas[] = {{420, 1}, {422, 2}, {444, 3}};

Failure missing(const char* library, const char* function) {
  return Failure{"DeviceUnavailable", std::string(library) + " has no " + function + ": it is too old.", 0};
}

Failure refused(const char* what, CudaResult result) {
  return Failure{"DeviceUnavailable", std::string(what) + " failed with CUDA error " + std::to_string(result) + ".",
                 result};
}

/// As "535.183.01"; nothing where NVML is not there to tell.
std::optional<std::string> driverVersion() {
  auto nvml = SharedLibrary::load("libnvidia-ml.so.1");
  if (!nvml) return std::nullopt;
  auto* const begin = nvml->find<int()>("nvmlInit_v2");
  auto* const end = nvml->find<int()>("nvmlShutdown");
  auto* const version = nvml->find<int(char*, unsigned)>("nvmlSystemGetDriverVersion");
  if (begin == nullptr || end == nullptr || version == nullptr || begin() != 0) return std::nullopt;
  char text[96] = {};
  const bool isTold = version(text, sizeof text - 1) == 0;
  end();
  return isTold ? std::optional<std::string>(text) : std::nullopt;
}

Expected<SharedLibrary> loadCuda() {
#ifdef __APPLE__
  return Failure{"DeviceUnavailable", "CUDA does not exist on macOS.", 0};
#else
  return SharedLibrary::load("libcuda.so.1");
#endif
}

}  // namespace

Expected<int> countCuda() {
  auto cuda = loadCuda();
  if (!cuda) return cuda.failure();
  auto* const init = cuda->find<CudaResult(unsigned)>("cuInit");
  auto* const count = cuda->find<CudaResult(int*)>("cuDeviceGetCount");
  if (init == nullptr || count == nullptr) return missing("libcuda.so.1", "cuInit");
  if (const CudaResult result = init(0); result != 0) return refused("cuInit", result);
  int devices = 0;
  if (const CudaResult result = count(&devices); result != 0) return refused("cuDeviceGetCount", result);
  if (devices == 0) return Failure{"DeviceUnavailable", "The NVIDIA driver has no device.", 0};
  return devices;
}

Expected<DriverAnswer> askCuda(int index, AVBufferRef& context) {
  auto cuda = loadCuda();
  if (!cuda) return cuda.failure();
  auto cuvid = SharedLibrary::load("libnvcuvid.so.1");
  if (!cuvid) return cuvid.failure();
  auto* const push = cuda->find<CudaResult(CudaContext)>("cuCtxPushCurrent_v2");
  auto* const pop = cuda->find<CudaResult(CudaContext*)>("cuCtxPopCurrent_v2");
  auto* const version = cuda->find<CudaResult(int*)>("cuDriverGetVersion");
  auto* const deviceOf = cuda->find<CudaResult(int*, int)>("cuDeviceGet");
  auto* const nameOf = cuda->find<CudaResult(char*, int, int)>("cuDeviceGetName");
  auto* const caps = cuvid->find<CudaResult(CuvidDecodeCaps*)>("cuvidGetDecoderCaps");
  if (push == nullptr || pop == nullptr || version == nullptr || deviceOf == nullptr || nameOf == nullptr)
    return missing("libcuda.so.1", "cuCtxPushCurrent_v2");
  if (caps == nullptr) return missing("libnvcuvid.so.1", "cuvidGetDecoderCaps");

  DriverAnswer answer;
  int device = 0;
  char name[256] = {};
  if (deviceOf(&device, index) == 0 && nameOf(name, sizeof name - 1, device) == 0) answer.model = name;
  int number = 0;
  version(&number);
  answer.driver = "NVIDIA " + driverVersion().value_or("of unknown version") + ", CUDA " +
                  std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);

  const auto& held = *reinterpret_cast<const AVHWDeviceContext*>(context.data);
  const CudaContext current = static_cast<const CudaDeviceContext*>(held.hwctx)->context;
  if (const CudaResult result = push(current); result != 0) return refused("cuCtxPushCurrent", result);
  for (const CodecRow& codec : codecs) {
    for (const ChromaRow& chroma : chromas) {
      for (const unsigned depth : {8U, 10U, 12U}) {
        CuvidDecodeCaps asked;
        std::memset(&asked, 0, sizeof asked);
        asked.codec = codec.number;
        asked.chroma = chroma.number;
        asked.depthMinus8 = depth - 8;
        if (caps(&asked) != 0 || asked.isSupported == 0) continue;
        answer.capabilities.push_back({codec.codec, FF_PROFILE_UNKNOWN, static_cast<int>(depth), chroma.chroma,
                                       asked.widthMin, asked.heightMin, static_cast<int>(asked.widthMax),
                                       static_cast<int>(asked.heightMax), asked.macroblocksMax});
      }
    }
  }
  CudaContext popped = nullptr;
  pop(&popped);
  return answer;
}

}  // namespace retrovue::libav
