#include <retrovue/libav/device_download.h>
#include <retrovue/libav/errors.h>
#include <retrovue/libav/picture_format.h>
#include <retrovue/libav/standin_memory.h>

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/hwcontext_drm.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace retrovue::libav {

namespace {

/// Cards pad rows to this, and pictures to whole blocks.
constexpr int rowAlignment = 256;
constexpr int blockSide = 16;
/// What a session takes at one time is the picture that is being copied; one that leaks is soon missed.
constexpr int surfacesMax = 4;
/// Rows of padding that show when 1088 rows are taken for 1080.
constexpr int paddingRows = 8;

/// A picture in the stand-in's memory. libav sees the descriptor, which is all that `frame->data[0]` is taken for.
struct Surface {
  AVDRMFrameDescriptor descriptor;
  /// The stand-in's own view of it.
  std::uint8_t* memory;
};

/// What all surfaces of a pool are like.
struct Layout {
  AVPixelFormat format;
  int planes;
  std::size_t offsets[4];
  int strides[4];
  std::size_t bytes;
  std::atomic<int> surfaces{0};
};

void freeSurface(void* opaque, std::uint8_t* given) {
  auto* const layout = static_cast<Layout*>(opaque);
  auto* const surface = reinterpret_cast<Surface*>(given);
  munmap(surface->memory, layout->bytes);
  close(surface->descriptor.objects[0].fd);
  delete surface;
  layout->surfaces--;
}

void freeLayout(void* opaque) {
  delete static_cast<Layout*>(opaque);
}

/// A file without a name; negative where there is none. Only Linux has them, as it alone has the DRM that `openStandin` asks for.
int makeMemoryFile() {
#ifdef __linux__
  return memfd_create("retrovue-standin", MFD_CLOEXEC);
#else
  return -1;
#endif
}

AVBufferRef* makeSurface(void* opaque, std::size_t) {
  auto* const layout = static_cast<Layout*>(opaque);
  if (layout->surfaces >= surfacesMax) return nullptr;
  const int fd = makeMemoryFile();
  if (fd < 0) return nullptr;
  void* memory = MAP_FAILED;
  if (ftruncate(fd, static_cast<off_t>(layout->bytes)) == 0)
    memory = mmap(nullptr, layout->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    close(fd);
    return nullptr;
  }
  auto* const surface = new Surface{};
  surface->memory = static_cast<std::uint8_t*>(memory);
  AVDRMFrameDescriptor& it = surface->descriptor;
  it.nb_objects = 1;
  it.objects[0] = {fd, layout->bytes, 0};
  it.nb_layers = 1;
  it.layers[0].nb_planes = layout->planes;
  for (int i = 0; i < layout->planes; i++) {
    it.layers[0].planes[i] = {0, static_cast<std::ptrdiff_t>(layout->offsets[i]), layout->strides[i]};
  }
  layout->surfaces++;
  AVBufferRef* buffer = av_buffer_create(reinterpret_cast<std::uint8_t*>(surface), sizeof *surface, &freeSurface,
                                         layout, 0);
  if (buffer == nullptr) freeSurface(layout, reinterpret_cast<std::uint8_t*>(surface));
  return buffer;
}

/// A surface's planes as the stand-in itself sees them.
struct View {
  std::uint8_t* data[4] = {};
  int strides[4] = {};
};

View viewOf(const AVFrame& frame) {
  const auto& surface = *reinterpret_cast<const Surface*>(frame.data[0]);
  View view;
  const AVDRMLayerDescriptor& layer = surface.descriptor.layers[0];
  for (int i = 0; i < layer.nb_planes; i++) {
    view.data[i] = surface.memory + layer.planes[i].offset;
    view.strides[i] = static_cast<int>(layer.planes[i].pitch);
  }
  return view;
}

AVPixelFormat formatOf(const AVFrame& surface) {
  return reinterpret_cast<const AVHWFramesContext*>(surface.hw_frames_ctx->data)->sw_format;
}

template <class Sample>
void pack(const AVFrame& from, const View& into, int shift, bool pairs) {
  const AVPixFmtDescriptor& it = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(from.format));
  for (int plane = 0; plane < it.nb_components && plane < 3; plane++) {
    const int width = plane > 0 ? AV_CEIL_RSHIFT(from.width, it.log2_chroma_w) : from.width;
    const int rows = plane > 0 ? AV_CEIL_RSHIFT(from.height, it.log2_chroma_h) : from.height;
    const bool isPaired = pairs && plane > 0;
    const int target = isPaired ? 1 : plane;
    const int step = isPaired ? 2 : 1;
    for (int y = 0; y < rows; y++) {
      const auto* row =
          reinterpret_cast<const Sample*>(from.data[plane] + static_cast<std::ptrdiff_t>(y) * from.linesize[plane]);
      auto* to = reinterpret_cast<Sample*>(into.data[target] + static_cast<std::ptrdiff_t>(y) * into.strides[target]) +
                 (isPaired ? plane - 1 : 0);
      for (int x = 0; x < width; x++) to[x * step] = static_cast<Sample>(row[x] << shift);
    }
  }
}

}  // namespace

AVPixelFormat standinSurfaceOf(AVPixelFormat software) {
  constexpr AVPixelFormat cards[] = {AV_PIX_FMT_NV12,   AV_PIX_FMT_NV16,   AV_PIX_FMT_NV24,    AV_PIX_FMT_P010LE,
                                     AV_PIX_FMT_P016LE, AV_PIX_FMT_P210LE, AV_PIX_FMT_P216LE,  AV_PIX_FMT_YUV444P16LE};
  for (const AVPixelFormat card : cards) {
    if (unpackingOf(card, software) != nullptr) return card;
  }
  return AV_PIX_FMT_NONE;
}

Expected<BufferPtr> createStandinMemory(AVBufferRef& device, AVPixelFormat software, int width, int height) {
  const AVPixelFormat format = standinSurfaceOf(software);
  if (format == AV_PIX_FMT_NONE) {
    return Failure{"DeviceUnavailable",
                   std::string("It keeps no pictures as ") + av_get_pix_fmt_name(software) + ".", 0};
  }
  BufferPtr frames(av_hwframe_ctx_alloc(&device));
  auto layout = std::make_unique<Layout>();
  layout->format = format;
  layout->planes = av_pix_fmt_count_planes(format);
  const int padded = (height + blockSide - 1) / blockSide * blockSide;
  for (int i = 0; i < layout->planes; i++) {
    layout->offsets[i] = layout->bytes;
    layout->strides[i] = (planeRowBytes(format, i, width) + rowAlignment - 1) / rowAlignment * rowAlignment;
    layout->bytes += static_cast<std::size_t>(layout->strides[i]) * planeRows(format, i, padded);
  }
  auto* pool = av_buffer_pool_init2(sizeof(Surface), layout.get(), &makeSurface, &freeLayout);
  if (frames == nullptr || pool == nullptr) {
    if (pool == nullptr) return libavFailure(AVERROR(ENOMEM), "Making memory of a stand-in");
    (void)layout.release();
    av_buffer_pool_uninit(&pool);
    return libavFailure(AVERROR(ENOMEM), "Making memory of a stand-in");
  }
  (void)layout.release();
  auto& it = *reinterpret_cast<AVHWFramesContext*>(frames->data);
  it.format = AV_PIX_FMT_DRM_PRIME;
  it.sw_format = format;
  it.width = width;
  it.height = padded;
  it.pool = pool;
  // A pool that is given stays the giver's: it goes with the context, like its own.
  it.user_opaque = pool;
  it.free = [](AVHWFramesContext* context) {
    auto* given = static_cast<AVBufferPool*>(context->user_opaque);
    av_buffer_pool_uninit(&given);
  };
  if (const int status = av_hwframe_ctx_init(frames.get()); status < 0)
    return libavFailure(status, "Making memory of a stand-in", "DeviceUnavailable");
  return frames;
}

FramePtr storeInStandin(AVBufferRef& frames, const AVFrame& from) {
  FramePtr surface = makeFrame();
  if (surface == nullptr || av_hwframe_get_buffer(&frames, surface.get(), 0) < 0) return nullptr;
  if (av_frame_copy_props(surface.get(), &from) < 0) return nullptr;
  writeToStandin(*surface, from);
  surface->width = from.width;
  surface->height = from.height;
  return surface;
}

void writeToStandin(AVFrame& surface, const AVFrame& from) {
  const Unpacking* how = unpackingOf(formatOf(surface), static_cast<AVPixelFormat>(from.format));
  if (how == nullptr) return;
  if (av_pix_fmt_desc_get(how->from)->comp[0].depth > 8) {
    pack<std::uint16_t>(from, viewOf(surface), how->shift, how->pairs);
  } else {
    pack<std::uint8_t>(from, viewOf(surface), 0, how->pairs);
  }
}

void paintGreenRows(AVFrame& surface) {
  const View view = viewOf(surface);
  const AVPixelFormat format = formatOf(surface);
  for (int i = 0; i < av_pix_fmt_count_planes(format); i++) {
    const int rows = planeRows(format, i, surface.height);
    const int from = planeRows(format, i, std::max(0, surface.height - paddingRows));
    std::memset(view.data[i] + static_cast<std::ptrdiff_t>(from) * view.strides[i], 0,
                static_cast<std::size_t>(rows - from) * view.strides[i]);
  }
}

void exchangeColours(AVFrame& surface) {
  const View view = viewOf(surface);
  const AVPixelFormat format = formatOf(surface);
  const bool isWide = av_pix_fmt_desc_get(format)->comp[0].depth > 8;
  const int rows = planeRows(format, 1, surface.height);
  for (int y = 0; y < rows; y++) {
    std::uint8_t* const row = view.data[1] + static_cast<std::ptrdiff_t>(y) * view.strides[1];
    if (av_pix_fmt_count_planes(format) == 3) {
      std::swap_ranges(row, row + view.strides[1], view.data[2] + static_cast<std::ptrdiff_t>(y) * view.strides[2]);
    } else if (isWide) {
      auto* const pairs = reinterpret_cast<std::uint16_t*>(row);
      for (int x = 0; x + 1 < view.strides[1] / 2; x += 2) std::swap(pairs[x], pairs[x + 1]);
    } else {
      for (int x = 0; x + 1 < view.strides[1]; x += 2) std::swap(row[x], row[x + 1]);
    }
  }
}

}  // namespace retrovue::libav
