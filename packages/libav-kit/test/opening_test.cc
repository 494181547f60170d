#include <retrovue/libav/codec.h>
#include <retrovue/test/runner.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

std::vector<char> text(const std::string& content) {
  return {content.begin(), content.end()};
}

std::string codeOf(const Clip& clip) {
  Interrupt interrupt;
  auto file = MediaFile::open(clip.open(), interrupt, {}, Knowledge::playable);
  return file ? "opened" : file.failure().code;
}

}  // namespace

TEST("opening/what-is-no-medium-is-refused") {
  CHECK_EQ(codeOf(Clip("a.mp4", text(""))), std::string("UnsupportedMedia"));
  CHECK_EQ(codeOf(Clip("a.mp4", text(std::string(5000, 'x')))), std::string("UnsupportedMedia"));
}

TEST("opening/demuxers-that-open-other-files-are-off") {
  const std::string media = mp4Clip().path();
  CHECK_EQ(codeOf(Clip("a.m3u8", text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://" + media +
                                      "\n#EXT-X-ENDLIST\n"))),
           std::string("UnsupportedMedia"));
  CHECK_EQ(codeOf(Clip("a.ffconcat", text("ffconcat version 1.0\nfile '" + media + "'\n"))),
           std::string("UnsupportedMedia"));
  CHECK_EQ(codeOf(Clip("a.mpd", text("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
                                     "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"></MPD>"))),
           std::string("UnsupportedMedia"));
  CHECK_EQ(
      codeOf(Clip(
          "a.sdp",
          text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"))),
      std::string("UnsupportedMedia"));
}

TEST("opening/a-pipe-is-refused") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  auto descriptor = Descriptor::duplicate(ends[0]);
  CHECK(!descriptor);
  if (!descriptor) CHECK_EQ(std::string(descriptor.failure().code), std::string("UnsupportedMedia"));
  close(ends[0]);
  close(ends[1]);
}

TEST("opening/bounds-are-kept") {
  MediaLimits small;
  small.pixelsMax = 160 * 96 - 1;
  Interrupt interrupt;
  auto file = MediaFile::open(mp4Clip().open(), interrupt, small, Knowledge::playable);
  REQUIRE(!file);
  CHECK_EQ(std::string(file.failure().code), std::string("LimitExceeded"));
}

TEST("opening/a-cancelled-open-says-so") {
  Interrupt interrupt;
  interrupt.cancel();
  auto file = MediaFile::open(mp4Clip().open(), interrupt, {}, Knowledge::playable);
  REQUIRE(!file);
  CHECK_EQ(std::string(file.failure().code), std::string("Cancelled"));
}

TEST("opening/a-passed-deadline-is-a-timeout") {
  MediaLimits impatient;
  impatient.ioTimeoutNs = -1;
  Interrupt interrupt;
  auto file = MediaFile::open(mp4Clip().open(), interrupt, impatient, Knowledge::playable);
  REQUIRE(!file);
  CHECK_EQ(std::string(file.failure().code), std::string("Timeout"));
}

TEST("opening/av1-is-for-libdav1d") {
  CodecParametersPtr parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = AV_CODEC_ID_AV1;
  parameters->width = 64;
  parameters->height = 64;
  auto codec = openCodec(*parameters, {1, 25}, 1, {});
  REQUIRE(codec);
  CHECK_EQ(std::string((*codec)->codec->name), std::string("libdav1d"));
}

TEST("opening/sixteen-threads-open-fifty-times-each") {
  const auto descriptor = mp4Clip().open();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; i++) {
        Player player(descriptor);
        auto info = player.info();
        if (info && info->hasPicture && info->hasSound) good++;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQ(good.load(), 16 * 50);
}
