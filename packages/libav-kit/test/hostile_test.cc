#include <retrovue/test/runner.h>

#include <random>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

const char* const containers[][2] = {
    {"a.mp4", "-c:v libx264 -preset ultrafast -g 12 -c:a aac"},
    {"a.mkv", "-c:v mpeg4 -c:a libvorbis"},
    {"a.ts", "-c:v mpeg2video -c:a ac3"},
    {"a.avi", "-c:v mjpeg -c:a pcm_s16le"},
};

/// Plays what can be played: whatever comes, it comes to an end.
void survive(const Clip& clip) {
  Player player(clip.open());
  auto info = player.info();
  if (!info) return;
  auto times = player.allTimes();
  if (!times) return;
  auto sound = player.allSound();
  if (!sound) return;
  if (!player.seek(700'000'000)) return;
  auto picture = player.picture();
  (void)picture;
}

}  // namespace

TEST("hostile/a-file-cut-anywhere-is-survived") {
  for (const auto& [name, arguments] : containers) {
    const std::vector<char> whole = Clip(name, arguments, 1).bytes();
    for (int i = 0; i < 12; i++) {
      const auto length = static_cast<std::ptrdiff_t>(whole.size() * static_cast<std::size_t>(i) / 12 + 1);
      survive(Clip(name, std::vector<char>(whole.begin(), whole.begin() + length)));
    }
    // Where a threaded decoder once faulted on air.
    survive(Clip(name, std::vector<char>(whole.begin(), whole.begin() + 406)));
  }
}

TEST("hostile/flipped-bytes-are-survived") {
  std::mt19937 random(11);
  for (const auto& [name, arguments] : containers) {
    const std::vector<char> whole = Clip(name, arguments, 1).bytes();
    for (int i = 0; i < 25; i++) {
      std::vector<char> bytes = whole;
      for (int flips = 1 + static_cast<int>(random() % 40); flips > 0; flips--) {
        // Headers lie at the ends; hit them as often as what is between.
        const std::size_t span = random() % 2 == 0 ? std::min<std::size_t>(bytes.size(), 4096) : bytes.size();
        bytes[random() % span] = static_cast<char>(random());
      }
      survive(Clip(name, bytes));
    }
  }
}

TEST("hostile/a-stated-duration-beyond-all-time-is-not-believed") {
  const std::vector<char> whole = Clip("a.mkv", "-c:v mpeg4 -c:a pcm_s16le", 2).bytes();
  const std::string stated = "00:00:02.0";
  for (const std::string lie : {"9999999:00", "00:9999999", "99:99:9e99", "-9:00:00.0", "00:00:inf ", "00:00:nan "}) {
    std::vector<char> bytes = whole;
    auto at = bytes.begin();
    int found = 0;
    while ((at = std::search(at, bytes.end(), stated.begin(), stated.end())) != bytes.end()) {
      at = std::copy(lie.begin(), lie.end(), at);
      found++;
    }
    REQUIRE(found > 0);
    Player player(Clip("a.mkv", bytes).open());
    auto info = player.info();
    REQUIRE(info);
    // By the header then, which knows better.
    CHECK(info->duration >= 1'900'000'000 && info->duration <= 2'100'000'000);
  }
}
