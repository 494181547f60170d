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
