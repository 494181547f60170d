#include <retrovue/libav/load_watch.h>
#include <retrovue/test/runner.h>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr std::int64_t frameNs = 40'000'000;

/// Five seconds of pictures that each take `spentNs`.
LoadWatch after(std::int64_t spentNs) {
  LoadWatch load;
  for (int i = 0; i < 125; i++) load.decoded(spentNs, frameNs);
  return load;
}

}  // namespace

TEST("threads/one-while-it-keeps-up") {
  CHECK_EQ(LoadWatch().threadsFor(1, 8), 1);
  CHECK_EQ(after(frameNs / 2).threadsFor(1, 8), 1);
  CHECK_EQ(after(frameNs * 79 / 100).threadsFor(1, 8), 1);
}

TEST("threads/more-where-it-does-not") {
  CHECK_EQ(after(frameNs).threadsFor(1, 8), 2);
  CHECK_EQ(after(3 * frameNs).threadsFor(1, 8), 6);
  CHECK_EQ(after(100 * frameNs).threadsFor(1, 8), 8);
  CHECK_EQ(after(frameNs).threadsFor(4, 8), 8);
  CHECK_EQ(after(frameNs).threadsFor(8, 8), 8);
}

TEST("threads/one-slow-picture-is-no-reason") {
  LoadWatch load;
  for (int i = 0; i < 200; i++) load.decoded(i % 50 == 0 ? 10 * frameNs : frameNs / 4, frameNs);
  CHECK_EQ(load.threadsFor(1, 8), 1);
  LoadWatch slow = after(2 * frameNs);
  slow.restart();
  CHECK_EQ(slow.threadsFor(2, 8), 2);
}

TEST("threads/a-seek-takes-up-more-and-no-picture-is-lost") {
  const Clip clip("long.mp4", "-map 0:v -c:v libx264 -g 25 -bf 2", 8);
  // Whatever it takes is too much: each seek is to change the threads until there are no more to be had.
  SessionSpec spec;
  spec.keepUpShare = 0;
  Player player(clip.open(), std::move(spec));
  auto all = player.allTimes();
  REQUIRE(all);
  CHECK_EQ(all->size(), 200U);
  CHECK(player.session().threadsWanted() > 1);
  for (const std::int64_t at : {77, 0, 150, 3}) {
    REQUIRE(player.seek(at * frameNs));
    auto rest = player.allTimes();
    REQUIRE(rest);
    CHECK_EQ(rest->size(), static_cast<std::size_t>(200 - at));
    CHECK_EQ(rest->front(), at * frameNs);
    CHECK_EQ(rest->back(), 199 * frameNs);
  }
}
