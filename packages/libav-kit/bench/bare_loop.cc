// What decoding costs on its own: libav's demuxer and decoder in a loop that throws every picture away.
//   bare_loop FILE  → pictures a second of its first stream of pictures, one thread, opening not counted
#include <retrovue/libav/handles.h>
#include <retrovue/libav/interrupt.h>

#include <cstdio>

using namespace retrovue::libav;

namespace {

CodecContextPtr codecOf(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  // libav's own choice for AV1 is 2.8 times slower.
  const AVCodec* codec = parameters.codec_id == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name("libdav1d")
                                                                : avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) return nullptr;
  CodecContextPtr context(avcodec_alloc_context3(codec));
  if (context == nullptr || avcodec_parameters_to_context(context.get(), &parameters) < 0) return nullptr;
  context->pkt_timebase = stream.time_base;
  context->thread_count = 1;
  return avcodec_open2(context.get(), codec, nullptr) < 0 ? nullptr : std::move(context);
}

/// The next packet of the stream, or what ends it.
bool feed(AVFormatContext& file, AVCodecContext& codec, int stream, AVPacket& packet) {
  do {
    av_packet_unref(&packet);
    if (av_read_frame(&file, &packet) < 0) return avcodec_send_packet(&codec, nullptr) == 0;
  } while (packet.stream_index != stream);
  return avcodec_send_packet(&codec, &packet) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  AVFormatContext* opened = nullptr;
  if (count != 2 || avformat_open_input(&opened, arguments[1], nullptr, nullptr) < 0) return 1;
  const FormatContextPtr file(opened);
  if (avformat_find_stream_info(file.get(), nullptr) < 0) return 1;
  const int stream = av_find_best_stream(file.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  const CodecContextPtr codec = stream < 0 ? nullptr : codecOf(*file->streams[stream]);
  const FramePtr frame = makeFrame();
  const PacketPtr packet = makePacket();
  if (codec == nullptr || frame == nullptr || packet == nullptr) return 1;
  const std::int64_t began = monoNow();
  for (std::int64_t pictures = 0;;) {
    const int got = avcodec_receive_frame(codec.get(), frame.get());
    if (got == 0) {
      pictures++;
      av_frame_unref(frame.get());
    } else if (got == AVERROR_EOF) {
      std::printf("%.3f\n", static_cast<double>(pictures) * 1e9 / static_cast<double>(monoNow() - began));
      return 0;
    } else if (got != AVERROR(EAGAIN) || !feed(*file, *codec, stream, *packet)) {
      return 1;
    }
  }
}
