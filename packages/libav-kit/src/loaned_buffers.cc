#include <retrovue/libav/loaned_buffers.h>
#include <retrovue/libav/picture_format.h>

extern "C" {
#include <libavutil/imgutils.h>
}

#include <algorithm>
#include <cstring>
#include <utility>

namespace retrovue::libav {

namespace {

/// What libavcodec's fastest code wants rows to begin at (libavcodec: internal.h, STRIDE_ALIGN with AVX-512).
constexpr std::size_t alignment = 64;
/// Vector code reads on past a plane's last row (libavcodec: get_buffer.c pads by as much).
constexpr std::size_t padding = alignment + 16;

/// Codecs that take a new buffer for each picture and never store to one that they have given out. Others
/// (PNG, FFV1's and GIF's kin) may go on drawing in the last picture once nobody else refers to it, and the
/// bus still shows it then.
bool drawsEachPictureOnce(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG1VIDEO:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_PRORES:
    case AV_CODEC_ID_DNXHD:
      return true;
    default:
      return false;
  }
}

std::size_t alignedUp(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

bool isAligned(const void* at) {
  return reinterpret_cast<std::uintptr_t>(at) % alignment == 0;
}

}  // namespace

struct LoanedBuffers::Loan {
  Loan(std::shared_ptr<LoanedBuffers> from, const Buffer& it) : owner(std::move(from)), buffer(it) {}
  ~Loan() { owner->giveBack(buffer.id); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  const std::shared_ptr<LoanedBuffers> owner;
  const Buffer buffer;
};

LoanedBuffers::LoanedBuffers(BufferLayout layout) : layout_(std::move(layout)) {
  for (int i = 0; i < layout_.planes; i++) {
    ownOffsets_[i] = ownBytes_;
    ownBytes_ += alignedUp(static_cast<std::size_t>(layout_.strides[i]) * layout_.rows[i]);
  }
  ownBytes_ += padding + alignment;
  own_.reset(av_buffer_pool_init(ownBytes_, nullptr));
}

void LoanedBuffers::offer(std::uint32_t id, const Planes& planes) {
  const std::scoped_lock lock(mutex_);
  if (isStopped_) {
    returned_.push_back(id);
  } else {
    atHand_.push_back({id, planes});
  }
}

std::size_t LoanedBuffers::atHand() {
  const std::scoped_lock lock(mutex_);
  return atHand_.size();
}

std::vector<std::uint32_t> LoanedBuffers::takeReturned() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(returned_, {});
}

void LoanedBuffers::stop() {
  const std::scoped_lock lock(mutex_);
  isStopped_ = true;
  for (const Buffer& it : atHand_) returned_.push_back(it.id);
  atHand_.clear();
}

std::shared_ptr<LoanedBuffers::Loan> LoanedBuffers::take() {
  std::unique_lock lock(mutex_);
  if (atHand_.empty()) return nullptr;
  // The one given back longest ago: readers who lag are the longer undisturbed.
  const Buffer buffer = atHand_.front();
  atHand_.erase(atHand_.begin());
  out_.push_back(buffer);
  lock.unlock();
  return std::make_shared<Loan>(shared_from_this(), buffer);
}

void LoanedBuffers::giveBack(std::uint32_t id) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(out_, [id](const Buffer& it) { return it.id == id; });
  returned_.push_back(id);
}

void LoanedBuffers::serve(AVCodecContext& codec) {
  if ((codec.codec->capabilities & AV_CODEC_CAP_DR1) == 0 || !drawsEachPictureOnce(codec.codec_id)) return;
  servesCodec_ = true;
  codec.opaque = this;
  codec.get_buffer2 = &LoanedBuffers::onGetBuffer;
#if LIBAVCODEC_VERSION_MAJOR < 60
  // Without it frame threads would come one after another to the thread that called them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  codec.thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#endif
}

int LoanedBuffers::onGetBuffer(AVCodecContext* codec, AVFrame* frame, int flags) {
  auto& self = *static_cast<LoanedBuffers*>(codec->opaque);
  if (!self.takesPicturesOf(*codec, *frame)) return avcodec_default_get_buffer2(codec, frame, flags);
  if (const auto loan = self.take(); loan && self.lend(*frame, loan)) return 0;
  return self.lendOwn(*frame) ? 0 : AVERROR(ENOMEM);
}

bool LoanedBuffers::isAlike(int format) const {
  const char* name = portPixelFormat(format);
  const int planes = av_pix_fmt_count_planes(static_cast<AVPixelFormat>(format));
  return name != nullptr && layout_.pixelFormat == name && planes == layout_.planes;
}

/// True where all that the codec will store fits: its pictures are the buffers' size, and there is room for
/// the whole blocks that they are decoded in.
bool LoanedBuffers::takesPicturesOf(AVCodecContext& codec, const AVFrame& frame) const {
  if (own_ == nullptr || !isAlike(frame.format)) return false;
  if (codec.width != layout_.width || codec.height != layout_.height) return false;
  int width = frame.width;
  int height = frame.height;
  int aligns[AV_NUM_DATA_POINTERS] = {};
  avcodec_align_dimensions2(&codec, &width, &height, aligns);
  const auto format = static_cast<AVPixelFormat>(frame.format);
  for (int i = 0; i < layout_.planes; i++) {
    if (planeRowBytes(format, i, width) > layout_.strides[i]) return false;
    if (planeRows(format, i, height) > layout_.rows[i]) return false;
    if (layout_.strides[i] % static_cast<int>(alignment) != 0) return false;
  }
  return true;
}

/// Makes an empty frame refer to a buffer: by one reference for each plane, since planes may lie apart.
bool LoanedBuffers::lend(AVFrame& frame, const std::shared_ptr<Loan>& loan) const {
  const auto drop = [](void* held, std::uint8_t*) { delete static_cast<std::shared_ptr<Loan>*>(held); };
  for (int i = 0; i < layout_.planes; i++) {
    auto* held = new std::shared_ptr<Loan>(loan);
    const std::size_t bytes = static_cast<std::size_t>(layout_.strides[i]) * layout_.rows[i];
    std::uint8_t* const at = loan->buffer.planes[i];
    frame.buf[i] = isAligned(at) ? av_buffer_create(at, bytes, drop, held, 0) : nullptr;
    if (frame.buf[i] == nullptr) {
      delete held;
      for (int k = 0; k < i; k++) av_buffer_unref(&frame.buf[k]);
      std::memset(frame.data, 0, sizeof frame.data);
      return false;
    }
    frame.data[i] = at;
    frame.linesize[i] = layout_.strides[i];
  }
  frame.extended_data = frame.data;
  return true;
}

bool LoanedBuffers::lendOwn(AVFrame& frame) {
  frame.buf[0] = av_buffer_pool_get(own_.get());
  if (frame.buf[0] == nullptr) return false;
  auto* const memory = frame.buf[0]->data;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  std::uint8_t* const at = memory + (alignedUp(address) - address);
  for (int i = 0; i < layout_.planes; i++) {
    frame.data[i] = at + ownOffsets_[i];
    frame.linesize[i] = layout_.strides[i];
  }
  frame.extended_data = frame.data;
  return true;
}

std::optional<LoanedBuffers::Place> LoanedBuffers::placeOf(const AVFrame& frame) {
  const std::scoped_lock lock(mutex_);
  for (const Buffer& it : out_) {
    const std::size_t bytes = static_cast<std::size_t>(layout_.strides[0]) * layout_.rows[0];
    if (frame.data[0] < it.planes[0] || frame.data[0] >= it.planes[0] + bytes) continue;
    Place place{it.id, {}};
    for (int i = 0; i < layout_.planes; i++) {
      place.offsets[i] = static_cast<std::size_t>(frame.data[i] - it.planes[i]);
    }
    return place;
  }
  return std::nullopt;
}

FramePtr LoanedBuffers::lendEmpty(AVPixelFormat format, int width, int height) {
  if (!isAlike(format) || width != layout_.width || height != layout_.height) return nullptr;
  const auto loan = take();
  FramePtr into = loan ? makeFrame() : nullptr;
  if (into == nullptr || !lend(*into, loan)) return nullptr;
  into->format = format;
  into->width = width;
  into->height = height;
  return into;
}

FramePtr LoanedBuffers::place(FramePtr frame) {
  // A codec that found none at hand needs the next one more than this frame does.
  if (servesCodec_) return frame;
  FramePtr into = lendEmpty(static_cast<AVPixelFormat>(frame->format), frame->width, frame->height);
  if (into == nullptr) return frame;
  if (av_frame_copy_props(into.get(), frame.get()) < 0 || av_frame_copy(into.get(), frame.get()) < 0) {
    return frame;
  }
  return into;
}

}  // namespace retrovue::libav
