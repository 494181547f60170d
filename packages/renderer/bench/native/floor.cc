// What a channel's media costs by itself: decode, scale, encode and mux in one loop of one thread, without other processes, a bus or
// anything else. Prints the share of a core that each takes of the film's own time, in percent.
//
//   renderer_floor PACE FILE WIDTH HEIGHT VIDEO_KBPS SOUND_KBPS PRESET GOP_TICKS
//
// PACE is "free", as fast as it goes, with warm caches; or "real", each picture at its time, as a channel has to.

extern "C" {
#include <libavformat/avformat.h>
}

#include <retrovue/libav/handles.h>
#include <retrovue/libav/media_file.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <thread>
#include <utility>

#include "picture_encoder.h"
#include "sound_encoder.h"
#include "ts_muxer.h"

using namespace retrovue;
using namespace retrovue::renderer;

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

double cpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Adds what a piece of work takes to its place.
template <typename Work>
auto timed(double& total, Work work) {
  const double before = cpuSeconds();
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    total += cpuSeconds() - before;
  } else {
    auto result = work();
    total += cpuSeconds() - before;
    return result;
  }
}

struct Decoding {
  int stream = -1;
  libav::CodecContextPtr context;
};

Decoding decoderOf(AVFormatContext& file, AVMediaType type) {
  const AVCodec* codec = nullptr;
  Decoding decoding;
  decoding.stream = av_find_best_stream(&file, type, -1, -1, &codec, 0);
  if (decoding.stream < 0) fail("The file has not both picture and sound.");
  decoding.context.reset(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(decoding.context.get(), file.streams[decoding.stream]->codecpar);
  decoding.context->thread_count = 1;
  if (avcodec_open2(decoding.context.get(), codec, nullptr) < 0) fail("A decoder does not open.");
  return decoding;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 9) fail("usage: renderer_floor free|real FILE WIDTH HEIGHT VIDEO_KBPS SOUND_KBPS PRESET GOP_TICKS");
  const bool isReal = std::string_view(*++arguments) == "real";
  libav::initLibrary();
  AVFormatContext* opened = nullptr;
  if (avformat_open_input(&opened, arguments[1], nullptr, nullptr) < 0) fail("The file does not open.");
  const libav::FormatContextPtr file(opened);
  if (avformat_find_stream_info(file.get(), nullptr) < 0) fail("The file says nothing of its streams.");
  const Decoding pictures = decoderOf(*file, AVMEDIA_TYPE_VIDEO);
  const Decoding sounds = decoderOf(*file, AVMEDIA_TYPE_AUDIO);
  const AVRational rate = file->streams[pictures.stream]->avg_frame_rate;

  EncodeSpec spec;
  spec.grid = {static_cast<std::uint32_t>(rate.num), static_cast<std::uint32_t>(rate.den),
               static_cast<std::uint32_t>(sounds.context->sample_rate)};
  spec.width = std::atoi(arguments[2]);
  spec.height = std::atoi(arguments[3]);
  spec.pixelFormat = "yuv420p";
  spec.videoCodec = "h264";
  spec.videoBitsPerSecond = spec.videoBufferBits = std::int64_t{1000} * std::atoi(arguments[4]);
  spec.audioCodec = "aac";
  spec.audioBitsPerSecond = std::int64_t{1000} * std::atoi(arguments[5]);
  spec.preset = arguments[6];
  spec.gopTicks = std::atoi(arguments[7]);
  auto pictureEncoder = PictureEncoder::open(spec);
  auto soundEncoder = SoundEncoder::open(spec);
  if (!pictureEncoder || !soundEncoder) fail("An encoder does not open.");
  TsMuxer muxer(spec);

  const libav::PacketPtr packet = libav::makePacket();
  const libav::FramePtr decoded = libav::makeFrame(), scaled = libav::makeFrame();
  scaled->format = AV_PIX_FMT_YUV420P;
  scaled->width = spec.width;
  scaled->height = spec.height;
  if (av_frame_get_buffer(scaled.get(), 0) < 0) fail("There is no memory.");
  libav::ScalerPtr scaler;
  StreamUnits pictureUnits, soundUnits;
  TickBytes bytes;
  double decoding = 0, scaling = 0, encoding = 0, hearing = 0, muxing = 0;
  std::int64_t tick = 0, sample = 0;
  std::size_t written = 0;

  const auto startedAt = std::chrono::steady_clock::now();
  const auto onPicture = [&] {
    if (scaler == nullptr)  // As ffmpeg's filter "scale" does by default.
      scaler.reset(sws_getContext(decoded->width, decoded->height, static_cast<AVPixelFormat>(decoded->format), spec.width,
                                  spec.height, AV_PIX_FMT_YUV420P, SWS_BICUBIC, nullptr, nullptr, nullptr));
    timed(scaling, [&] {
      sws_scale(scaler.get(), decoded->data, decoded->linesize, 0, decoded->height, scaled->data, scaled->linesize);
    });
    TakenTick taken;
    taken.tick = tick;
    for (std::size_t p = 0; p < 3; ++p) {
      taken.planes[p] = scaled->data[p];
      taken.strides[p] = static_cast<std::size_t>(scaled->linesize[p]);
    }
    const bool isEncoded = timed(encoding, [&] { return bool(pictureEncoder->encode(taken, pictureUnits)); });
    if (!isEncoded) fail("A picture is not encoded.");
    timed(muxing, [&] { muxer.write(tick, pictureUnits.all(), soundUnits.all(), bytes); });
    written += bytes.bytes.size();
    bytes.clear();
    pictureUnits.recycle();
    soundUnits.recycle();
    ++tick;
    if (isReal) std::this_thread::sleep_until(startedAt + std::chrono::nanoseconds(spec.grid.tickTime(tick)));
  };
  const auto onSound = [&] {
    const auto samples = static_cast<std::uint32_t>(decoded->nb_samples);
    const auto* const* from = reinterpret_cast<const float* const*>(decoded->extended_data);
    if (!timed(hearing, [&] { return bool(soundEncoder->encode(sample, from, samples, soundUnits)); }))
      fail("Sound is not encoded.");
    sample += samples;
  };
  const auto decode = [&](const Decoding& from, AVPacket* sent, double& total, const auto& onFrame) {
    timed(total, [&] { return avcodec_send_packet(from.context.get(), sent); });
    while (timed(total, [&] { return avcodec_receive_frame(from.context.get(), decoded.get()); }) == 0) onFrame();
  };
  const double began = cpuSeconds();
  while (av_read_frame(file.get(), packet.get()) >= 0) {
    if (packet->stream_index == pictures.stream) decode(pictures, packet.get(), decoding, onPicture);
    else if (packet->stream_index == sounds.stream) decode(sounds, packet.get(), hearing, onSound);
    av_packet_unref(packet.get());
  }
  decode(pictures, nullptr, decoding, onPicture);
  const double all = cpuSeconds() - began;
  const double film = static_cast<double>(tick) * rate.den / rate.num;
  const auto share = [&](double seconds) { return seconds / film * 100; };
  std::printf("{\"percent\":%.2f,\"decode\":%.2f,\"scale\":%.2f,\"encode\":%.2f,\"sound\":%.2f,\"mux\":%.2f,\"ticks\":%lld,\"bytes\":%zu}\n",
              share(all), share(decoding), share(scaling), share(encoding), share(hearing), share(muxing),
              static_cast<long long>(tick), written);
  return tick > 0 ? 0 : 1;
}
