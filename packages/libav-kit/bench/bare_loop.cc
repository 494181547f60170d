// What decoding costs on its own: libav's demuxer and decoder in a loop that throws every picture away.
//   bare_loop FILE [BUFFERS [PACE]]
// Prints pictures a second of its first stream of pictures and milliseconds of computing for each; one
// thread, opening not counted. With BUFFERS, pictures go into so many places in turn, as they do on a bus:
// memory that was not touched for long. 0 is none of that. With PACE, in pictures a second, it waits for the
// time of every third, as a decoder does that works ahead.
#include <retrovue/libav/handles.h>
#include <retrovue/libav/interrupt.h>
#include <retrovue/libav/loaned_buffers.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

using namespace retrovue::libav;

namespace {

/// Rows are lent beyond the picture's own, for the whole blocks that it is decoded in.
constexpr int roomRows = 64;

/// Places for pictures in 4:2:0 of the stream's size, each used again when its turn comes.
class Ring {
 public:
  Ring(const AVCodecParameters& parameters, int count) {
    BufferLayout layout;
    layout.width = parameters.width;
    layout.height = parameters.height;
    layout.pixelFormat = "yuv420p";
    layout.planes = 3;
    const int rows = parameters.height + roomRows;
    layout.strides = {alignedUp(parameters.width), alignedUp(parameters.width / 2),
                      alignedUp(parameters.width / 2)};
    layout.rows = {rows, rows / 2, rows / 2};
    buffers = LoanedBuffers::create(layout);
    for (int i = 0; i < count; i++) {
      LoanedBuffers::Planes planes{};
      for (int plane = 0; plane < 3; plane++) {
        const auto bytes = static_cast<std::size_t>(layout.strides[plane]) * layout.rows[plane];
        memory_.emplace_back(static_cast<std::uint8_t*>(std::aligned_alloc(64, bytes)));
        planes[plane] = memory_.back().get();
        std::fill_n(planes[plane], bytes, std::uint8_t{128});
      }
      places_.push_back(planes);
      buffers->offer(static_cast<std::uint32_t>(i), planes);
    }
  }
  /// Offers again what was given back, behind all others.
  void turn() {
    for (const std::uint32_t id : buffers->takeReturned()) buffers->offer(id, places_[id]);
  }

  std::shared_ptr<LoanedBuffers> buffers;

 private:
  struct FreeMemory {
    void operator()(void* it) const { std::free(it); }
  };
  static int alignedUp(int bytes) { return (bytes + 63) / 64 * 64; }
  std::vector<std::unique_ptr<std::uint8_t, FreeMemory>> memory_;
  std::vector<LoanedBuffers::Planes> places_;
};

CodecContextPtr codecOf(const AVStream& stream, LoanedBuffers* buffers) {
  const AVCodecParameters& parameters = *stream.codecpar;
  // libav's own choice for AV1 is 2.8 times slower.
  const AVCodec* codec = parameters.codec_id == AV_CODEC_ID_AV1 ? avcodec_find_decoder_by_name("libdav1d")
                                                                : avcodec_find_decoder(parameters.codec_id);
  if (codec == nullptr) return nullptr;
  CodecContextPtr context(avcodec_alloc_context3(codec));
  if (context == nullptr || avcodec_parameters_to_context(context.get(), &parameters) < 0) return nullptr;
  context->pkt_timebase = stream.time_base;
  context->thread_count = 1;
  if (buffers != nullptr) buffers->serve(*context);
  return avcodec_open2(context.get(), codec, nullptr) < 0 ? nullptr : std::move(context);
}

std::int64_t computedNs() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// Pictures decoded for one waking (PictureLine::nextWork).
constexpr std::int64_t burst = 3;

void sleepUntil(std::int64_t mono) {
  const timespec until{mono / 1'000'000'000, mono % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
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
  if (count < 2 || avformat_open_input(&opened, arguments[1], nullptr, nullptr) < 0) return 1;
  const FormatContextPtr file(opened);
  if (avformat_find_stream_info(file.get(), nullptr) < 0) return 1;
  const int stream = av_find_best_stream(file.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (stream < 0) return 1;
  const bool hasRing = count >= 3 && std::atoi(arguments[2]) > 0;
  const double pace = count < 4 ? 0 : std::atof(arguments[3]);
  const auto ring =
      !hasRing ? nullptr : std::make_unique<Ring>(*file->streams[stream]->codecpar, std::atoi(arguments[2]));
  const CodecContextPtr codec = codecOf(*file->streams[stream], ring ? ring->buffers.get() : nullptr);
  const FramePtr frame = makeFrame();
  const PacketPtr packet = makePacket();
  if (codec == nullptr || frame == nullptr || packet == nullptr) return 1;
  const std::int64_t computed = computedNs();
  const std::int64_t began = monoNow();
  for (std::int64_t pictures = 0;;) {
    const int got = avcodec_receive_frame(codec.get(), frame.get());
    if (got == 0) {
      pictures++;
      if (ring && !ring->buffers->placeOf(*frame)) return 1;
      av_frame_unref(frame.get());
      if (ring) ring->turn();
      if (pace > 0 && pictures % burst == 0)
        sleepUntil(began + static_cast<std::int64_t>(static_cast<double>(pictures) * 1e9 / pace));
    } else if (got == AVERROR_EOF) {
      const auto all = static_cast<double>(pictures);
      std::printf("%.3f %.4f\n", all * 1e9 / static_cast<double>(monoNow() - began),
                  static_cast<double>(computedNs() - computed) / 1e6 / all);
      return 0;
    } else if (got != AVERROR(EAGAIN) || !feed(*file, *codec, stream, *packet)) {
      return 1;
    }
  }
}
