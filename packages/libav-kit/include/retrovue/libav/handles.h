#pragma once
// libav's headers are C and say nothing of it.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/buffer.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <memory>

namespace retrovue::libav {

/// Deleters by libav's own functions, so that ownership is in the type.
struct FormatContextDeleter {
  void operator()(AVFormatContext* it) const { avformat_close_input(&it); }
};
struct CodecContextDeleter {
  void operator()(AVCodecContext* it) const { avcodec_free_context(&it); }
};
struct CodecParametersDeleter {
  void operator()(AVCodecParameters* it) const { avcodec_parameters_free(&it); }
};
struct FrameDeleter {
  void operator()(AVFrame* it) const { av_frame_free(&it); }
};
struct PacketDeleter {
  void operator()(AVPacket* it) const { av_packet_free(&it); }
};
struct BufferDeleter {
  void operator()(AVBufferRef* it) const { av_buffer_unref(&it); }
};
struct DictionaryDeleter {
  void operator()(AVDictionary* it) const { av_dict_free(&it); }
};
struct ResamplerDeleter {
  void operator()(SwrContext* it) const { swr_free(&it); }
};
struct ScalerDeleter {
  void operator()(SwsContext* it) const { sws_freeContext(it); }
};

using FormatContextPtr = std::unique_ptr<AVFormatContext, FormatContextDeleter>;
using CodecContextPtr = std::unique_ptr<AVCodecContext, CodecContextDeleter>;
using CodecParametersPtr = std::unique_ptr<AVCodecParameters, CodecParametersDeleter>;
using FramePtr = std::unique_ptr<AVFrame, FrameDeleter>;
using PacketPtr = std::unique_ptr<AVPacket, PacketDeleter>;
using BufferPtr = std::unique_ptr<AVBufferRef, BufferDeleter>;
using DictionaryPtr = std::unique_ptr<AVDictionary, DictionaryDeleter>;
using ResamplerPtr = std::unique_ptr<SwrContext, ResamplerDeleter>;
using ScalerPtr = std::unique_ptr<SwsContext, ScalerDeleter>;

/// Null only where memory has run out.
inline FramePtr makeFrame() {
  return FramePtr(av_frame_alloc());
}
inline PacketPtr makePacket() {
  return PacketPtr(av_packet_alloc());
}
inline CodecParametersPtr copyOf(const AVCodecParameters& parameters) {
  CodecParametersPtr copy(avcodec_parameters_alloc());
  if (copy != nullptr && avcodec_parameters_copy(copy.get(), &parameters) < 0) copy.reset();
  return copy;
}

}  // namespace retrovue::libav
