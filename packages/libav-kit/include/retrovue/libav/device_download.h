#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>
#include <retrovue/libav/loaned_buffers.h>

namespace retrovue::libav {

/// How the samples of a picture are laid out anew on their way out of a device.
struct Unpacking {
  AVPixelFormat from;
  AVPixelFormat to;
  /// Chroma lies in pairs, and goes into planes of its own.
  bool pairs;
  /// Samples lie this far up in their 16 bits.
  int shift;
};

/// How `from` becomes `to`; null where nothing is known. Equal formats need nothing done.
const Unpacking* unpackingOf(AVPixelFormat from, AVPixelFormat to);

/// Planar formats with whole planes, in memory that is used again: as many as are in use at one time.
class FramePool {
 public:
  /// An empty picture, rows beginning at whole cache lines, with a row to spare where the height is odd. Null
  /// where memory has run out.
  FramePtr take(AVPixelFormat format, int width, int height);

 private:
  struct PoolDeleter {
    void operator()(AVBufferPool* it) const { av_buffer_pool_uninit(&it); }
  };
  AVPixelFormat format_ = AV_PIX_FMT_NONE;
  int width_ = 0;
  int height_ = 0;
  std::unique_ptr<AVBufferPool, PoolDeleter> pool_;
};

/// Copies pictures out of a device's memory: what the device has in planes goes straight to where it is wanted; pairs of
/// chroma samples go through a small buffer that stays in the cache. One thread.
class DeviceDownload {
 public:
  /// @param surface in the device's memory
  /// @param software the format that software decodes the stream to: the picture's own
  Expected<FramePtr> bring(const AVFrame& surface, AVPixelFormat software, LoanedBuffers* buffers);

 private:
  Expected<AVPixelFormat> transferFormat(AVBufferRef& frames, AVPixelFormat to);
  Expected<void> copy(const AVFrame& surface, AVFrame& into, const Unpacking& how);
  bool makePairs(int bytes);

  FramePool pool_;
  /// Chroma pairs of one picture.
  BufferPtr pairs_;
  std::size_t pairsBytes_ = 0;
  /// Of the frames context that was asked last, and what for.
  const void* asked_ = nullptr;
  AVPixelFormat askedOwn_ = AV_PIX_FMT_NONE;
  AVPixelFormat askedFor_ = AV_PIX_FMT_NONE;
  AVPixelFormat transfer_ = AV_PIX_FMT_NONE;
};

}  // namespace retrovue::libav
