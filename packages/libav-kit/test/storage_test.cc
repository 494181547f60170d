#include <retrovue/test/runner.h>

#include <algorithm>
#include <string_view>

#include "clip.h"
#include "storage.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

const char* const containers[][2] = {
    {"a.mp4", "-c:v mpeg4 -q:v 2 -g 12 -c:a aac -movflags +faststart"},
    {"a.mkv", "-c:v mpeg4 -q:v 2 -g 12 -c:a pcm_s16le"},
    {"a.ts", "-c:v mpeg2video -q:v 2 -c:a mp2"},
    {"a.mpg", "-c:v mpeg2video -q:v 2 -c:a mp2"},
    {"a.flv", "-c:v flv1 -q:v 2 -c:a adpcm_swf -ar 44100"},
    {"a.avi", "-c:v mjpeg -c:a pcm_s16le"},
};

constexpr int seconds = 6;

}  // namespace

TEST("storage/a-read-that-fails-is-no-end") {
  for (const auto& [name, arguments] : containers) {
    const Clip clip(name, arguments, seconds);
    const auto size = static_cast<std::int64_t>(clip.bytes().size());
    for (const int error : {EIO, ESTALE}) {
      const auto storage = std::make_shared<Storage>(clip.path());
      Player player(storage);
      const auto info = player.info();
      REQUIRE(info);
      // What has been decoded ahead meanwhile is less than half.
      storage->failFrom(size * 3 / 4, error);
      const auto times = player.allTimes();
      CHECK(!times);
      if (!times) {
        CHECK_EQ(std::string(times.failure().code), "DecodeFailed");
        CHECK_EQ(times.failure().status, -error);
      }
      const auto sound = player.allSound();
      CHECK(!sound);
      if (!sound) CHECK_EQ(std::string(sound.failure().code), "DecodeFailed");
    }
  }
}

TEST("storage/an-asset-that-cannot-be-read-is-not-found-rather-than-unsupported") {
  for (const auto& [name, arguments] : containers) {
    const Clip clip(name, arguments, 1);
    for (const std::int64_t from : {0, 100, 1'000}) {
      const auto storage = std::make_shared<Storage>(clip.path());
      storage->failFrom(from, EIO);
      Player player(storage);
      const auto info = player.info();
      if (!info) {
        CHECK_EQ(std::string(info.failure().code), "MediaNotFound");
        continue;
      }
      // What there is of it may hold a picture: then that is shown, and the failure told where it comes.
      CHECK(from == 1'000);
      CHECK(!player.allTimes());
    }
  }
}

TEST("storage/sound-is-not-left-out-because-its-file-cannot-be-read") {
  const Clip clip("a.mp4", containers[0][1], seconds);
  const auto storage = std::make_shared<Storage>(clip.path());
  Player player(storage);
  REQUIRE(player.info());
  storage->failFrom(0);
  // Both are opened anew for it, or read on: whichever, neither ends as if that were all.
  if (player.seek(0)) {
    CHECK(!player.allTimes());
    CHECK(!player.allSound());
  }
}
