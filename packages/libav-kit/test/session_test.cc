#include <retrovue/test/runner.h>

#include <algorithm>
#include <random>
#include <thread>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr std::int64_t frameNs = 40'000'000;

}  // namespace

TEST("session/pictures-and-sound-come-to-their-ends-by-themselves") {
  Player player(mp4Clip().open());
  auto times = player.allTimes();
  REQUIRE(times);
  CHECK_EQ(times->size(), 50U);
  for (std::size_t i = 0; i < times->size(); i++)
    CHECK_EQ((*times)[i], static_cast<std::int64_t>(i) * frameNs);
  auto samples = player.allSound();
  REQUIRE(samples);
  CHECK(*samples >= 96'000 && *samples < 96'000 + 2'048);
}

TEST("session/arrays-that-do-not-fit-the-sound-take-none-of-it") {
  Player player(mp4Clip().open());
  REQUIRE(player.info());
  std::vector<std::vector<float>> memory(6, std::vector<float>(1'000));
  const auto taken = [&](std::size_t channels, SoundLine::Run& run) {
    std::vector<float*> planes;
    for (std::size_t i = 0; i < channels; i++) planes.push_back(memory[i].data());
    for (;;) {
      auto answer = player.session().takeSound(1'000, planes, run);
      REQUIRE(answer);
      if (*answer != SoundLine::Answer::notYet) return *answer;
      std::this_thread::yield();
    }
  };
  // The clip's tone is mono.
  for (const std::size_t channels : {std::size_t{0}, std::size_t{2}, std::size_t{6}}) {
    SoundLine::Run run;
    CHECK(taken(channels, run) == SoundLine::Answer::otherChannels);
    CHECK_EQ(run.format.channels, 1);
  }
  SoundLine::Run run;
  CHECK(taken(1, run) == SoundLine::Answer::sound);
  CHECK_EQ(run.start, 0);
  CHECK_EQ(run.samples, 1'000);
}

TEST("session/random-seeks-land-on-the-picture") {
  Player player(mp4Clip().open());
  REQUIRE(player.info());
  std::mt19937 random(7);
  for (int i = 0; i < 200; i++) {
    const auto n = static_cast<std::int64_t>(random() % 50);
    REQUIRE(player.seek(n * frameNs + static_cast<std::int64_t>(random() % 30'000'000)));
    auto picture = player.picture();
    REQUIRE(picture && *picture);
    CHECK_EQ((*picture)->time, n * frameNs);
    player.session().giveBackPicture();
  }
}

TEST("session/held-pictures-outlive-it") {
  std::optional<Picture> held;
  {
    Player player(mp4Clip().open());
    auto picture = player.picture();
    REQUIRE(picture);
    held = std::move(*picture);
  }
  REQUIRE(held.has_value());
  // The address sanitizer is the judge.
  CHECK(held->frame->data[0][0] != 255 || held->frame->data[0][1] != 255);
}

TEST("session/closing-in-mid-read-ends-it") {
  for (int i = 0; i < 50; i++) {
    Player player(mp4Clip().open());
    if (i % 3 == 1) REQUIRE(player.info());
    if (i % 3 == 2) player.session().seek(i * frameNs);
  }
}

TEST("session/hundreds-of-them-leave-nothing") {
  { Player warm(mp4Clip().open()); }
  const int descriptors = countEntries("/proc/self/fd");
  const int threads = countEntries("/proc/self/task");
  for (int i = 0; i < 300; i++) {
    Player player(mp4Clip().open());
    REQUIRE(player.info());
    auto picture = player.picture();
    REQUIRE(picture);
  }
  CHECK_EQ(countEntries("/proc/self/fd"), descriptors);
  CHECK_EQ(countEntries("/proc/self/task"), threads);
}

TEST("session/a-still-is-one-picture-for-any-time") {
  const Clip still("still.png", "-map 0:v -frames:v 1");
  Player player(still.open());
  auto info = player.info();
  REQUIRE(info);
  CHECK(info->isStill);
  CHECK(info->duration < 0);
  REQUIRE(player.seek(3600LL * 1'000'000'000));
  auto picture = player.picture();
  REQUIRE(picture && *picture);
  player.session().giveBackPicture();
  auto end = player.picture();
  REQUIRE(end);
  CHECK(!*end);
}

TEST("session/cover-art-is-no-picture") {
  const Clip cover("cover.mp3",
                   "-filter_complex '[0:v]select=lt(n\\,1)[c]' -map 1:a -map '[c]' -c:a libmp3lame -c:v png "
                   "-disposition:v attached_pic -id3v2_version 3");
  Player player(cover.open());
  auto info = player.info();
  REQUIRE(info);
  CHECK(!info->hasPicture);
  CHECK(info->hasSound);
}

TEST("session/sound-that-nobody-can-decode-is-unsupported-where-it-is-all-there-is") {
  for (const bool hasPicture : {false, true}) {
    const Clip known("a.mp4", std::string(hasPicture ? "-c:v mpeg4" : "-map 1:a") + " -c:a flac -strict -2");
    std::vector<char> bytes = known.bytes();
    // The name of its sample entry, for that of a codec (SMV) which libav knows by name alone.
    const std::string from = "fLaC";
    const std::string to = "ssmv";
    const auto at = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
    REQUIRE(at != bytes.end());
    std::copy(to.begin(), to.end(), at);
    Player player(Clip("a.mp4", bytes).open());
    const auto info = player.info();
    if (hasPicture) {
      REQUIRE(info);
      CHECK(!info->hasSound);
    } else {
      REQUIRE(!info);
      CHECK_EQ(std::string(info.failure().code), "UnsupportedMedia");
    }
  }
}

TEST("session/sound-that-is-long-in-coming-holds-nothing-up") {
  // One tone at the very end of three minutes of small pictures.
  const Clip late(
      "late.ts",
      "-filter_complex '[1:a]asetpts=PTS+170/TB[a]' -map 0:v -map '[a]' -c:v mpeg2video -s 32x32 -c:a mp2",
      175);
  Player player(late.open());
  auto info = player.info();
  REQUIRE(info);
  CHECK(info->hasPicture);
  CHECK(info->hasSound);
  auto picture = player.picture();
  REQUIRE(picture && *picture);
  CHECK_EQ((*picture)->time, 0);
}
