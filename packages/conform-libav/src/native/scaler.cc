#include "scaler.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace retrovue::conform {
namespace {

/// HDR reference white, in candela per square metre (ITU-R BT.2408-7, 2.1): what standard-range white becomes in a
/// program of high dynamic range.
constexpr double hdrReferenceWhite = 203;

/// BT.601 has two numbers for one matrix.
int matrixCode(int code) {
  return code == 6 ? 5 : code;
}

zimg_image_format formatOf(const ImageSpec& spec) {
  zimg_image_format format;
  zimg_image_format_default(&format, ZIMG_API_VERSION);
  format.width = static_cast<unsigned>(spec.width);
  format.height = static_cast<unsigned>(spec.height);
  format.pixel_type = spec.bytes == 1 ? ZIMG_PIXEL_BYTE : ZIMG_PIXEL_WORD;
  format.subsample_w = static_cast<unsigned>(spec.log2X);
  format.subsample_h = static_cast<unsigned>(spec.log2Y);
  format.color_family = spec.isRgb ? ZIMG_COLOR_RGB : ZIMG_COLOR_YUV;
  format.matrix_coefficients =
      static_cast<zimg_matrix_coefficients_e>(spec.isRgb ? 0 : matrixCode(spec.colour.matrix));
  format.transfer_characteristics = static_cast<zimg_transfer_characteristics_e>(
      isSdrCurve(spec.colour.transfer) ? ZIMG_TRANSFER_BT709 : spec.colour.transfer);
  format.color_primaries = static_cast<zimg_color_primaries_e>(spec.colour.primaries);
  format.depth = static_cast<unsigned>(spec.depth);
  format.pixel_range = spec.colour.full ? ZIMG_RANGE_FULL : ZIMG_RANGE_LIMITED;
  format.chroma_location = spec.chroma;
  return format;
}

bool isHdr(const Colour& colour) {
  return colour.transfer == 16 || colour.transfer == 18;
}

zimg_graph_builder_params paramsOf(const ImageSpec& from, const ImageSpec& into, Filter filter) {
  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  params.resample_filter = filter == Filter::lanczos ? ZIMG_RESIZE_LANCZOS : ZIMG_RESIZE_BICUBIC;
  params.resample_filter_uv = params.resample_filter;
  // Curves are tables of 2^16 steps then, within half a step of 8 bits; computed they cost six times as much.
  params.allow_approximate_gamma = 1;
  params.cpu_type = ZIMG_CPU_AUTO_64B;
  if (from.depth > into.depth) params.dither_type = ZIMG_DITHER_ORDERED;
  if (isHdr(into.colour)) params.nominal_peak_luminance = hdrReferenceWhite;
  return params;
}

Failure zimgFailure(const char* operation) {
  char text[256] = "";
  const auto status = zimg_get_last_error(text, sizeof text);
  zimg_clear_last_error();
  return {"UnsupportedMedia", std::string("The picture cannot be converted: ") + operation + ": " + text, status};
}

bool isAligned(const void* data, std::size_t stride) {
  return reinterpret_cast<std::uintptr_t>(data) % alignment == 0 && stride % alignment == 0;
}

}  // namespace

double colourShiftAcross(const ImageSpec& spec) {
  const bool isLeft = spec.chroma == ZIMG_CHROMA_LEFT || spec.chroma == ZIMG_CHROMA_TOP_LEFT ||
                      spec.chroma == ZIMG_CHROMA_BOTTOM_LEFT;
  return spec.log2X == 1 && isLeft ? -0.25 : 0;
}

double colourShiftDown(const ImageSpec& spec) {
  if (spec.log2Y == 0) return 0;
  const bool isTop = spec.chroma == ZIMG_CHROMA_TOP || spec.chroma == ZIMG_CHROMA_TOP_LEFT;
  const bool isBottom = spec.chroma == ZIMG_CHROMA_BOTTOM || spec.chroma == ZIMG_CHROMA_BOTTOM_LEFT;
  return isTop ? -0.25 : isBottom ? 0.25 : 0;
}

struct Scaler::Run {
  Scaler* scaler;
  const RowSource* source;
  const RowSink* sink;
  const std::atomic<bool>* cancelled;
};

Scaler::~Scaler() {
  zimg_filter_graph_free(graph_);
}

bool Scaler::allocate(Ring& ring, const ImageSpec& spec, unsigned rows) {
  const unsigned mask = zimg_select_buffer_mask(rows);
  std::size_t total = 0;
  std::size_t offsets[3];
  ring.buffer.version = ZIMG_API_VERSION;
  for (int plane = 0; plane < 3; ++plane) {
    const int log2X = plane == 0 ? 0 : spec.log2X, log2Y = plane == 0 ? 0 : spec.log2Y;
    const unsigned planeMask = mask == ZIMG_BUFFER_MAX ? mask : mask >> log2Y;
    const std::size_t lines = mask == ZIMG_BUFFER_MAX ? spec.height >> log2Y : std::size_t{planeMask} + 1;
    const std::size_t stride = aligned(static_cast<std::size_t>(spec.width >> log2X) * spec.bytes);
    ring.buffer.plane[plane] = {nullptr, static_cast<std::ptrdiff_t>(stride), planeMask};
    offsets[plane] = total;
    total += lines * stride;
  }
  ring.memory = alignedBytes(total);
  if (!ring.memory) return false;
  for (int plane = 0; plane < 3; ++plane) ring.buffer.plane[plane].data = ring.memory.get() + offsets[plane];
  return true;
}

Expected<std::unique_ptr<Scaler>> Scaler::make(const ImageSpec& from, const ImageSpec& into, Filter filter) {
  auto source = formatOf(from);
  source.active_region.left = from.cutX;
  source.active_region.top = from.cutY;
  source.active_region.width = from.cutWidth;
  source.active_region.height = from.cutHeight;
  const auto target = formatOf(into);
  const auto params = paramsOf(from, into, filter);
  std::unique_ptr<Scaler> scaler(new Scaler(from, into));
  scaler->graph_ = zimg_filter_graph_build(&source, &target, &params);
  if (scaler->graph_ == nullptr) return zimgFailure("build");
  std::size_t work = 0;
  unsigned inputRows = 0, outputRows = 0;
  if (zimg_filter_graph_get_tmp_size(scaler->graph_, &work) != ZIMG_ERROR_SUCCESS ||
      zimg_filter_graph_get_input_buffering(scaler->graph_, &inputRows) != ZIMG_ERROR_SUCCESS ||
      zimg_filter_graph_get_output_buffering(scaler->graph_, &outputRows) != ZIMG_ERROR_SUCCESS) {
    return zimgFailure("size");
  }
  scaler->work_ = alignedBytes(work);
  const bool rings = allocate(scaler->input_, from, inputRows) && allocate(scaler->output_, into, outputRows);
  if (!rings || !scaler->work_) return Failure{"LimitExceeded", "There is no memory for the conversion"};
  return scaler;
}

int Scaler::unpack(void* context, unsigned y, unsigned left, unsigned right) {
  const Run& run = *static_cast<const Run*>(context);
  if (run.cancelled->load(std::memory_order_relaxed)) return 1;
  if (run.source->reader == nullptr) return 0;
  const ImageSpec& spec = run.scaler->from_;
  const auto& ring = run.scaler->input_.buffer;
  for (int plane = 0; plane < 3; ++plane) {
    const int log2X = plane == 0 ? 0 : spec.log2X;
    const int rows = plane == 0 ? 1 << spec.log2Y : 1;
    const unsigned first = plane == 0 ? y : y >> spec.log2Y;
    for (int i = 0; i < rows; ++i) {
      const auto& to = ring.plane[plane];
      auto* row = static_cast<std::uint8_t*>(to.data) + static_cast<std::ptrdiff_t>((first + i) & to.mask) * to.stride;
      const int end = std::min(ceilShift(static_cast<int>(right), log2X), spec.width >> log2X);
      run.source->reader->read(run.source->picture, plane, static_cast<int>(first) + i, static_cast<int>(left) >> log2X,
                               end, row);
    }
  }
  return 0;
}

int Scaler::pack(void* context, unsigned y, unsigned left, unsigned right) {
  const Run& run = *static_cast<const Run*>(context);
  if (run.cancelled->load(std::memory_order_relaxed)) return 1;
  const ImageSpec& spec = run.scaler->into_;
  const RowSink& sink = *run.sink;
  for (int plane = 0; plane < 3; ++plane) {
    const int log2X = plane == 0 ? 0 : spec.log2X, log2Y = plane == 0 ? 0 : spec.log2Y;
    const int columns = ceilShift(sink.width, log2X), lines = ceilShift(sink.height, log2Y);
    const auto begin = static_cast<std::size_t>(left >> log2X) * spec.bytes;
    const auto end =
        static_cast<std::size_t>(std::min(ceilShift(static_cast<int>(right), log2X), columns)) * spec.bytes;
    const int rows = plane == 0 ? 1 << spec.log2Y : 1;
    const int first = static_cast<int>(plane == 0 ? y : y >> spec.log2Y);
    for (int i = 0; i < rows && first + i < lines; ++i) {
      const auto& from = run.scaler->output_.buffer.plane[plane];
      const auto* row =
          static_cast<const std::uint8_t*>(from.data) +
          static_cast<std::ptrdiff_t>((static_cast<unsigned>(first + i)) & from.mask) * from.stride;
      std::uint8_t* to = sink.picture.plane[plane] + static_cast<std::size_t>(first + i) * sink.picture.stride[plane];
      if (end > begin) std::memcpy(to + begin, row + begin, end - begin);
    }
  }
  return 0;
}

Expected<void> Scaler::run(const RowSource& source, const RowSink& sink, const std::atomic<bool>& cancelled) {
  const Run run{this, &source, &sink, &cancelled};
  zimg_image_buffer_const input{};
  input.version = ZIMG_API_VERSION;
  for (int plane = 0; plane < 3; ++plane) {
    if (source.reader != nullptr) {
      const auto& ring = input_.buffer.plane[plane];
      input.plane[plane] = {ring.data, ring.stride, ring.mask};
    } else {
      input.plane[plane] = {source.picture.plane[plane], static_cast<std::ptrdiff_t>(source.picture.stride[plane]),
                            ZIMG_BUFFER_MAX};
    }
  }
  bool direct = sink.width == into_.width && sink.height == into_.height;
  for (int plane = 0; plane < 3; ++plane)
    direct = direct && isAligned(sink.picture.plane[plane], sink.picture.stride[plane]);
  zimg_image_buffer output = output_.buffer;
  if (direct) {
    for (int plane = 0; plane < 3; ++plane) {
      output.plane[plane] = {sink.picture.plane[plane], static_cast<std::ptrdiff_t>(sink.picture.stride[plane]),
                             ZIMG_BUFFER_MAX};
    }
  }
  auto* context = const_cast<Run*>(&run);
  const auto status = zimg_filter_graph_process(graph_, &input, &output, work_.get(), &Scaler::unpack, context,
                                                direct ? nullptr : &Scaler::pack, direct ? nullptr : context);
  if (status == ZIMG_ERROR_SUCCESS) return {};
  if (cancelled.load()) return Failure{"Cancelled", "The conversion was cancelled"};
  return zimgFailure("process");
}

}  // namespace retrovue::conform
