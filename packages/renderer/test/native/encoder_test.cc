#include <retrovue/test/runner.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "fakes.h"
#include "jpeg.h"
#include "picture_encoder.h"
#include "sound_encoder.h"

using namespace retrovue::renderer;
using namespace retrovue::renderer::test;

TEST("encoder/each-picture-comes-out-before-the-next-goes-in-with-keys-on-the-grid") {
  for (const std::string codec : {"h264", "mpeg2video", "hevc"}) {
    EncodeSpec spec = smallSpec();
    spec.videoCodec = codec;
    auto encoder = PictureEncoder::open(spec);
    REQUIRE(encoder);
    const GreyTick grey(spec);
    // Today's ticks are as large as this. The first is a key frame wherever it lies, and so is one after a gap in which
    // the grid had one.
    const std::int64_t first = 44'000'000'003;
    for (std::int64_t tick = first; tick < first + 45; ++tick) {
      if (tick % 10 == 0 && tick > first + 30) continue;
      StreamUnits units;
      REQUIRE(encoder->encode(grey.at(tick), units));
      REQUIRE(units.all().size() == 1);
      CHECK_EQ(units.all()[0].index, tick);
      const bool isKey = tick == first || tick % 10 == 0 || (tick % 10 == 1 && tick > first + 30);
      CHECK_EQ(units.all()[0].isKey, isKey);
    }
  }
}

TEST("encoder/sound-frames-lie-on-the-samples-divisible-by-their-length") {
  for (const auto& [codec, length, priming] :
       {std::tuple{"aac", 1024, 1024}, std::tuple{"mp2", 1152, 481}, std::tuple{"ac3", 1536, 256}}) {
    EncodeSpec spec = smallSpec(30'000, 1'001);
    spec.audioCodec = codec;
    auto encoder = SoundEncoder::open(spec);
    REQUIRE(encoder);
    CHECK_EQ(encoder->frameSamples(), length);
    const GreyTick grey(spec);
    std::int64_t expected = -1;
    for (std::int64_t tick = 1'000'000; tick < 1'000'100; ++tick) {
      StreamUnits units;
      const TakenTick taken = grey.at(tick);
      REQUIRE(encoder->encode(taken.sampleStart, taken.sound.data(), taken.samples, units));
      for (const StreamUnit& unit : units.all()) {
        if (expected < 0) {
          expected = unit.index;
          CHECK_EQ((expected + priming) % length, 0);
          CHECK(taken.sampleStart - (expected + priming) < length);
        }
        CHECK_EQ(unit.index, expected);
        expected += length;
      }
    }
    CHECK(expected > 0);
  }
}

TEST("encoder/missing-sound-is-silence-and-a-long-gap-is-a-new-place-on-the-same-grid") {
  const EncodeSpec spec = smallSpec();
  auto encoder = SoundEncoder::open(spec);
  REQUIRE(encoder);
  const GreyTick grey(spec);
  std::vector<std::int64_t> starts;
  const auto push = [&](std::int64_t tick) {
    StreamUnits units;
    const TakenTick taken = grey.at(tick);
    REQUIRE(encoder->encode(taken.sampleStart, taken.sound.data(), taken.samples, units));
    for (const StreamUnit& unit : units.all()) starts.push_back(unit.index);
  };
  push(0);
  push(20);  // 0.8 s on: made up for
  push(20);  // told twice: heard once
  for (std::size_t i = 1; i < starts.size(); ++i) CHECK_EQ(starts[i] - starts[i - 1], 1024);
  const std::size_t before = starts.size();
  push(2000);  // 79 s on
  push(2001);
  REQUIRE(starts.size() > before);
  CHECK(starts.size() < before + 6);
  for (const std::int64_t start : starts) CHECK_EQ((start + 1024) % 1024, 0);
}

TEST("encoder/sound-fades-out-to-missing-sound-and-back-in") {
  EncodeSpec spec = smallSpec();
  spec.audioBitsPerSecond = 256'000;
  auto encoder = SoundEncoder::open(spec);
  REQUIRE(encoder);
  retrovue::libav::CodecContextPtr decoder(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_AAC)));
  // An AAC-LC frame says nothing of rate and layout by itself: 48 kHz stereo (ISO/IEC 14496-3, 1.6.2.1).
  decoder->extradata = static_cast<std::uint8_t*>(av_mallocz(2 + AV_INPUT_BUFFER_PADDING_SIZE));
  decoder->extradata_size = 2;
  decoder->extradata[0] = 0x11;
  decoder->extradata[1] = 0x90;
  REQUIRE(avcodec_open2(decoder.get(), nullptr, nullptr) == 0);
  std::vector<float> heard;
  StreamUnits units;
  const auto push = [&](std::int64_t start, const float* sound, std::uint32_t samples) {
    const std::array<const float*, 2> both{sound, sound};
    REQUIRE(encoder->encode(start, sound == nullptr ? nullptr : both.data(), samples, units));
    const auto frame = retrovue::libav::makeFrame();
    for (const StreamUnit& unit : units.all()) {
      REQUIRE(avcodec_send_packet(decoder.get(), unit.packet.get()) == 0);
      while (avcodec_receive_frame(decoder.get(), frame.get()) == 0) {
        const auto* left = reinterpret_cast<const float*>(frame->extended_data[0]);
        heard.insert(heard.end(), left, left + frame->nb_samples);
      }
    }
    units.recycle();
  };
  // 500 Hz at half the scale: a step of 0.033 from sample to sample at most. Each piece begins and ends at a peak.
  std::vector<float> tone(9'648);
  for (std::size_t i = 0; i < tone.size(); ++i)
    tone[i] = 0.5F * static_cast<float>(std::cos(2 * std::numbers::pi * 500 * static_cast<double>(i) / 48'000));
  push(0, tone.data(), 9'601);
  push(9'601, nullptr, 1'920);    // missing by order
  push(11'521, tone.data(), 9'601);
  push(24'001, tone.data(), 9'601);  // missing because it is not there
  push(33'602, nullptr, 9'600);
  REQUIRE(heard.size() > 36'000);
  float step = 0, loudest = 0;
  // What comes first primes the decoder, and begins at a peak.
  for (std::size_t i = 4'096; i < heard.size(); ++i) {
    step = std::max(step, std::abs(heard[i] - heard[i - 1]));
    loudest = std::max(loudest, std::abs(heard[i]));
  }
  CHECK(loudest > 0.45F);
  CHECK(step < 0.06F);
}

TEST("encoder/what-is-no-sound-ends-no-stream") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float endless = std::numeric_limits<float>::infinity();
  constexpr float most = std::numeric_limits<float>::max();
  for (const char* codec : {"aac", "mp2", "ac3"}) {
    EncodeSpec spec = smallSpec();
    spec.audioCodec = codec;
    auto encoder = SoundEncoder::open(spec);
    REQUIRE(encoder);
    StreamUnits units;
    std::int64_t start = 0;
    for (const float bad : {nan, endless, -endless, most, -most, 1e20F}) {
      std::vector<float> sound(4'800, 0.1F);
      // In the middle, and at the end, from which missing sound fades out.
      for (const std::size_t at : {1'000, 1'001, 4'799}) sound[at] = bad;
      const std::array<const float*, 2> both{sound.data(), sound.data()};
      CHECK(encoder->encode(start, both.data(), 4'800, units));
      CHECK(encoder->encode(start + 4'800, nullptr, 4'800, units));
      start += 9'600;
    }
    CHECK(units.all().size() > 30);
  }
}

TEST("encoder/what-cannot-be-had-is-refused-by-name") {
  EncodeSpec spec = smallSpec();
  spec.videoCodec = "prores";
  const auto unknown = PictureEncoder::open(spec);
  REQUIRE(!unknown);
  CHECK_EQ(std::string(unknown.failure().code), "UnsupportedMedia");
  spec = smallSpec();
  spec.pixelFormat = "rgb24";
  const auto format = PictureEncoder::open(spec);
  REQUIRE(!format);
  CHECK_EQ(std::string(format.failure().code), "UnsupportedMedia");
  spec = smallSpec();
  spec.preset = "warp";
  const auto preset = PictureEncoder::open(spec);
  REQUIRE(!preset);
  CHECK_EQ(std::string(preset.failure().code), "InvalidConfig");
  spec = smallSpec();
  spec.audioCodec = "mp2";
  spec.channels = 6;
  const auto channels = SoundEncoder::open(spec);
  REQUIRE(!channels);
  CHECK_EQ(std::string(channels.failure().code), "UnsupportedMedia");
}

TEST("encoder/threads-follow-the-size-and-the-preset") {
  EncodeSpec spec = smallSpec(30'000, 1'001);
  CHECK_EQ(encodeThreadsFor(spec, 8), 1);
  spec.width = 1280;
  spec.height = 720;
  CHECK_EQ(encodeThreadsFor(spec, 8), 1);
  spec.preset = "veryfast";
  CHECK_EQ(encodeThreadsFor(spec, 8), 2);
  CHECK_EQ(encodeThreadsFor(spec, 1), 1);
}

TEST("still/a-jpeg-is-no-wider-than-asked-and-has-square-pixels") {
  const EncodeSpec spec = smallSpec();
  const GreyTick grey(spec);
  const TakenTick taken = grey.at(0);
  StillSource source;
  source.planes = taken.planes;
  source.strides = {64, 32, 32, 0};
  source.width = 64;
  source.height = 48;
  source.pixelFormat = "yuv420p";
  source.sarNum = 4;
  source.sarDen = 3;
  const auto jpeg = encodeJpeg(source, 40);
  REQUIRE(jpeg);
  // Start of image; the frame header (SOF0) says height, then width.
  REQUIRE((*jpeg)[0] == 0xff && (*jpeg)[1] == 0xd8);
  for (std::size_t at = 2; at + 9 < jpeg->size() && (*jpeg)[at] == 0xff;) {
    const std::uint8_t* segment = jpeg->data() + at;
    if (segment[1] == 0xc0) {
      CHECK_EQ(segment[7] << 8 | segment[8], 40);
      CHECK_EQ(segment[5] << 8 | segment[6], 22);
      return;
    }
    at += 2U + static_cast<unsigned>(segment[2] << 8 | segment[3]);
  }
  CHECK(false);
}
