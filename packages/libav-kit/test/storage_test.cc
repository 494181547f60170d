#include <retrovue/test/runner.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

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
  // Unreadable from the start, and beyond what tells of a stream: FLV names none in its header.
  const std::pair<int, std::int64_t> cases[] = {{0, 0}, {4, 0}, {4, 2'500}, {4, 4'500}};
  for (const auto& [container, from] : cases) {
    const Clip clip(containers[container][0], containers[container][1], seconds);
    const auto storage = std::make_shared<Storage>(clip.path());
    // The pictures' is the first opening, the sound's the second.
    storage->failFromOpening(2, from);
    Player player(storage);
    const auto info = player.info();
    REQUIRE(info);
    CHECK(info->hasSound);
    const auto sound = player.allSound();
    CHECK(!sound);
    if (!sound) {
      CHECK_EQ(std::string(sound.failure().code), "DecodeFailed");
      CHECK_EQ(sound.failure().status, -EIO);
    }
  }
}

TEST("storage/what-was-opened-and-cannot-be-opened-again-has-failed-in-being-read") {
  for (const auto& [name, arguments] : containers) {
    const Clip clip(name, arguments, seconds);
    for (const std::int64_t from : {0, 100, 2'500, 4'500}) {
      Interrupt interrupt;
      const auto storage = std::make_shared<Storage>(clip.path());
      storage->failFrom(from);
      const auto file = MediaFile::openAgain(storage, interrupt, {}, 2);
      // What names both streams early enough fails where it is read.
      if (file) continue;
      CHECK_EQ(std::string(file.failure().code), "DecodeFailed");
      CHECK_EQ(file.failure().status, -EIO);
    }
  }
}

TEST("storage/a-seek-that-cannot-be-read-is-no-missing-asset") {
  std::vector<std::pair<const char*, const char*>> all{{"a.264", "-map 0:v -c:v libx264 -preset ultrafast -g 12 -qp 4"}};
  for (const auto& [name, arguments] : containers) all.emplace_back(name, arguments);
  for (const auto& [name, arguments] : all) {
    const Clip clip(name, arguments, seconds);
    for (const std::int64_t target : {0, 3}) {
      const auto storage = std::make_shared<Storage>(clip.path());
      Player player(storage);
      const auto info = player.info();
      REQUIRE(info);
      storage->failFrom(0);
      // Read on, or opened anew: whichever, neither ends as if that were all.
      player.session().seek(target * 1'000'000'000);
      const auto times = player.allTimes();
      CHECK(!times);
      if (!times) CHECK_EQ(std::string(times.failure().code), "DecodeFailed");
      if (!info->hasSound) continue;
      const auto sound = player.allSound();
      CHECK(!sound);
      if (!sound) CHECK_EQ(std::string(sound.failure().code), "DecodeFailed");
    }
  }
}

TEST("storage/sound-alone-that-cannot-be-read-is-not-found") {
  const Clip clip("a.m4a", "-map 1:a -c:a aac -b:a 256k -movflags +faststart", seconds);
  const std::vector<char> bytes = clip.bytes();
  const char type[] = {'m', 'd', 'a', 't'};
  const auto samples = std::search(bytes.begin(), bytes.end(), std::begin(type), std::end(type)) - bytes.begin();
  REQUIRE(samples < static_cast<std::int64_t>(bytes.size()));
  const auto storage = std::make_shared<Storage>(clip.path());
  storage->failFrom(samples + 4);
  Player player(storage);
  const auto info = player.info();
  REQUIRE(!info);
  CHECK_EQ(std::string(info.failure().code), "MediaNotFound");
  CHECK_EQ(info.failure().status, -EIO);
}

TEST("storage/a-place-beyond-all-files-is-damage-rather-than-storage-that-fails") {
  const Interrupt interrupt;
  const auto io = DescriptorIo::create(mp4Clip().open(), interrupt);
  REQUIRE(io != nullptr);
  for (const std::int64_t place : {INT64_MAX, INT64_MAX - 1, INT64_MAX - 60'000}) {
    avio_seek(io->context(), place, SEEK_SET);
    std::uint8_t byte = 0;
    avio_read(io->context(), &byte, 1);
    CHECK_EQ(io->failure(), 0);
    // And it can be read on.
    CHECK_EQ(avio_seek(io->context(), 8, SEEK_SET), 8);
    CHECK_EQ(avio_read(io->context(), &byte, 1), 1);
  }
}
