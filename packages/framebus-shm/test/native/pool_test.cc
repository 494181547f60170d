#include "bench.h"

using namespace retrovue::framebus;

TEST("bus/pool-never-lends-what-a-slot-shows-or-a-lane-has") {
  PicturePool pool(3);
  const auto a = *pool.lend(1);
  pool.refer(a);
  CHECK(pool.giveBack(a, 1));
  CHECK(!pool.giveBack(a, 1));
  const auto b = *pool.lend(1);
  const auto c = *pool.lend(2);
  CHECK(!pool.lend(1));
  CHECK(!pool.giveBack(b, 2));
  pool.reclaim(1);
  CHECK_EQ(pool.freeCount(), 1u);
  pool.unrefer(a);
  CHECK_EQ(pool.freeCount(), 2u);
  // First freed, first lent: what a reader may still look at is drawn on last.
  CHECK_EQ(*pool.lend(3), b);
  CHECK_EQ(*pool.lend(3), a);
  CHECK(pool.isLentTo(c, 2));
  CHECK(!pool.isLentTo(99, 2));
}
