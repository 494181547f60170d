#pragma once
#include <retrovue/libav/handles.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace retrovue::libav {

constexpr int loanPlanesMax = 3;

/// How all loaned buffers of a session lie.
struct BufferLayout {
  int width = 0;
  int height = 0;
  /// The port's name.
  std::string pixelFormat;
  int planes = 0;
  std::array<int, loanPlanesMax> strides{};
  /// Rows of each plane that may be stored to.
  std::array<int, loanPlanesMax> rows{};
};

/// Picture buffers on loan from somewhere else (a frame bus), for codecs to decode straight into. A buffer is
/// offered, taken by a frame, and returned when the last reference to it is gone: the codec's own and every
/// frame that shows it. Nobody ever waits here: with none at hand a frame gets memory of its own that lies
/// the same way, since codecs want all their pictures to have equal strides (mpegvideo refuses another, H.264
/// reads its references by those of the current picture).
///
/// Any thread, at any time. The memory behind a buffer must stay until it was returned. Outlives its codecs:
/// each buffer that is out holds a reference.
class LoanedBuffers : public std::enable_shared_from_this<LoanedBuffers> {
 public:
  using Planes = std::array<std::uint8_t*, loanPlanesMax>;

  static std::shared_ptr<LoanedBuffers> create(BufferLayout layout) {
    return std::shared_ptr<LoanedBuffers>(new LoanedBuffers(std::move(layout)));
  }

  /// One more buffer to be used once. `id` is the caller's, and free: not offered since it was returned last.
  void offer(std::uint32_t id, const Planes& planes);
  /// Buffers that nobody has taken yet.
  std::size_t atHand();
  /// Buffers that are done with since the last call. Their memory is no longer touched.
  std::vector<std::uint32_t> takeReturned();
  /// Uses no more buffers: those at hand are returned, the others when they are done with.
  void stop();

  /// Makes a codec that can decode into these; before it is opened. The codec must not outlive this.
  void serve(AVCodecContext& codec);
  /// A frame of a codec that cannot is copied into a buffer, if it fits and one is at hand.
  FramePtr place(FramePtr frame);
  /// A buffer for a picture that is still to be copied from somewhere, as an empty frame of that format and size. Null where
  /// they are not the buffers' own, or none is at hand.
  FramePtr lendEmpty(AVPixelFormat format, int width, int height);
  /// The buffer in which a frame lies, and how far into each plane its picture begins.
  struct Place {
    std::uint32_t id;
    std::array<std::size_t, loanPlanesMax> offsets;
  };
  std::optional<Place> placeOf(const AVFrame& frame);

 private:
  struct Buffer {
    std::uint32_t id;
    Planes planes;
  };
  /// What a frame's references to a buffer keep.
  struct Loan;

  explicit LoanedBuffers(BufferLayout layout);
  static int onGetBuffer(AVCodecContext* codec, AVFrame* frame, int flags);
  bool takesPicturesOf(AVCodecContext& codec, const AVFrame& frame) const;
  bool isAlike(int format) const;
  std::shared_ptr<Loan> take();
  bool lend(AVFrame& frame, const std::shared_ptr<Loan>& loan) const;
  bool lendOwn(AVFrame& frame);
  void giveBack(std::uint32_t id);

  const BufferLayout layout_;
  /// Written before there are threads.
  bool servesCodec_ = false;
  /// Where each plane lies in memory of our own, and all of it.
  std::array<std::size_t, loanPlanesMax> ownOffsets_{};
  std::size_t ownBytes_ = 0;
  struct PoolDeleter {
    void operator()(AVBufferPool* it) const { av_buffer_pool_uninit(&it); }
  };
  std::unique_ptr<AVBufferPool, PoolDeleter> own_;
  std::mutex mutex_;
  std::vector<Buffer> atHand_;
  /// Taken, and not returned yet.
  std::vector<Buffer> out_;
  std::vector<std::uint32_t> returned_;
  bool isStopped_ = false;
};

}  // namespace retrovue::libav
