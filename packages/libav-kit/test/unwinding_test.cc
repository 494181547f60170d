#include <retrovue/libav/jump_unwinder.h>
#include <retrovue/libav/packet_index.h>
#include <retrovue/test/runner.h>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr std::int64_t frame = 3'600;
constexpr std::int64_t hour = 90'000LL * 3'600;

/// Two clips behind each other, as a recorder writes them after a restart: the second one's clock begins
/// anew.
Clip joined(const char* name, const std::string& muxer) {
  const Clip part(name, "-c:v mpeg2video -g 12 -bf 2 -b:v 1M -c:a mp2 -f " + muxer);
  std::vector<char> bytes = part.bytes();
  const std::vector<char> again = bytes;
  bytes.insert(bytes.end(), again.begin(), again.end());
  return Clip(name, bytes);
}

}  // namespace

TEST("unwinding/what-goes-on-is-left-alone") {
  JumpUnwinder unwinder = makeUnwinder();
  for (std::int64_t i = 0; i < 100; i++) CHECK_EQ(unwinder.offsetFor(0, i * frame, frame), 0);
}

TEST("unwinding/a-jump-goes-on-where-it-was") {
  JumpUnwinder unwinder = makeUnwinder();
  for (std::int64_t i = 0; i < 100; i++) unwinder.offsetFor(0, i * frame, frame);
  CHECK_EQ(unwinder.offsetFor(0, hour, frame), 100 * frame - hour);
  CHECK_EQ(unwinder.offsetFor(0, hour + frame, frame), 100 * frame - hour);
  // And back.
  CHECK_EQ(unwinder.offsetFor(0, 0, frame), 102 * frame);
}

TEST("unwinding/streams-cross-a-jump-one-after-another") {
  JumpUnwinder unwinder = makeUnwinder();
  for (std::int64_t i = 0; i < 10; i++) {
    unwinder.offsetFor(0, i * frame, frame);
    unwinder.offsetFor(1, i * frame, frame);
  }
  const std::int64_t jumped = unwinder.offsetFor(0, hour, frame);
  CHECK_EQ(unwinder.offsetFor(1, 10 * frame, frame), 0);
  CHECK_EQ(unwinder.offsetFor(0, hour + frame, frame), jumped);
  CHECK_EQ(unwinder.offsetFor(1, hour + frame, frame), jumped);
}

TEST("unwinding/a-joined-stream-plays-through-and-is-sought-exactly") {
  for (const auto& [name, muxer] : {std::pair{"a.ts", "mpegts"}, std::pair{"a.mpg", "vob"}}) {
    const Clip clip = joined(name, muxer);
    Player player(clip.open());
    auto times = player.allTimes();
    REQUIRE(times);
    CHECK(times->size() >= 98 && times->size() <= 100);
    for (std::size_t i = 1; i < times->size(); i++) {
      const std::int64_t step = (*times)[i] - (*times)[i - 1];
      CHECK(step > 0 && step < 100'000'000);
    }
    const std::int64_t end = times->back();
    CHECK(end > 3'800'000'000 && end < 4'100'000'000);
    for (const std::size_t n : {70U, 20U, 90U, 0U, 55U}) {
      REQUIRE(player.seek((*times)[n]));
      auto picture = player.picture();
      REQUIRE(picture && *picture);
      CHECK_EQ((*picture)->time, (*times)[n]);
      player.session().giveBackPicture();
    }
    REQUIRE(player.seek(0));
    auto samples = player.allSound();
    REQUIRE(samples);
    CHECK(*samples > 185'000 && *samples < 195'000);
  }
}
