#include <retrovue/libav/loaned_buffers.h>
#include <retrovue/test/runner.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "clip.h"

using namespace retrovue;
using namespace retrovue::libav;
using namespace retrovue::libav::test;

namespace {

constexpr int width = 320;
constexpr int height = 180;

struct FreeMemory {
  void operator()(void* it) const { std::free(it); }
};

/// Lends memory of its own, each piece once; given back it is gone at once, so that a sanitizer sees who
/// still uses it.
class Lender {
 public:
  explicit Lender(int rowsAboveSize = 12) {
    layout_.width = width;
    layout_.height = height;
    layout_.pixelFormat = "yuv420p";
    layout_.planes = 3;
    layout_.strides = {320, 192, 192};
    layout_.rows = {height + rowsAboveSize + 2, (height + rowsAboveSize) / 2 + 1,
                    (height + rowsAboveSize) / 2 + 1};
    buffers = LoanedBuffers::create(layout_);
  }

  void offer(int count) {
    for (int i = 0; i < count; i++) {
      LoanedBuffers::Planes planes{};
      std::size_t bytes = 0;
      for (int p = 0; p < 3; p++) bytes += static_cast<std::size_t>(layout_.strides[p]) * layout_.rows[p];
      auto* at = static_cast<std::uint8_t*>(std::aligned_alloc(64, (bytes + 127) / 64 * 64));
      memory_[nextId_].reset(at);
      for (int p = 0; p < 3; p++) {
        planes[p] = at;
        at += static_cast<std::size_t>(layout_.strides[p]) * layout_.rows[p];
      }
      buffers->offer(nextId_++, planes);
    }
  }

  /// Frees what came back.
  void collect() {
    for (const std::uint32_t id : buffers->takeReturned()) returnedTwice |= memory_.erase(id) == 0;
  }
  std::size_t out() const { return memory_.size(); }

  std::shared_ptr<LoanedBuffers> buffers;
  bool returnedTwice = false;

 private:
  BufferLayout layout_;
  std::uint32_t nextId_ = 7;
  std::map<std::uint32_t, std::unique_ptr<std::uint8_t, FreeMemory>> memory_;
};

const Clip& smallClip() {
  static const Clip clip("loaned.mp4", "-map 0:v -c:v libx264 -s 320x180 -pix_fmt yuv420p -bf 2 -g 20");
  return clip;
}

SessionSpec specWith(const Lender& lender, int threads) {
  SessionSpec spec;
  spec.buffers = lender.buffers;
  spec.threads = {{"", threads}};
  return spec;
}

}  // namespace

TEST("buffers/pictures-lie-in-them-and-they-come-back") {
  for (const int threads : {1, 3}) {
    Lender lender;
    lender.offer(6);
    {
      Player player(smallClip().open(), specWith(lender, threads));
      int placed = 0;
      int count = 0;
      for (;; count++) {
        auto picture = player.picture(-1);
        REQUIRE(picture);
        if (!*picture) break;
        if ((*picture)->place) placed++;
        (*picture)->frame.reset();
        player.session().giveBackPicture();
        lender.collect();
        lender.offer(static_cast<int>(6 - std::min<std::size_t>(6, lender.buffers->atHand())));
      }
      CHECK_EQ(count, 50);
      CHECK(placed > 35);
      lender.buffers->stop();
    }
    lender.collect();
    CHECK_EQ(lender.out(), 0U);
    CHECK(!lender.returnedTwice);
  }
}

TEST("buffers/none-at-hand-keeps-nobody-waiting") {
  Lender lender;
  lender.offer(2);
  Player player(smallClip().open(), specWith(lender, 1));
  auto times = player.allTimes();
  REQUIRE(times);
  CHECK_EQ(times->size(), 50U);
}

TEST("buffers/a-picture-that-is-held-keeps-its-own-whatever-ends") {
  Lender lender;
  lender.offer(20);
  std::vector<Picture> held;
  {
    Player player(smallClip().open(), specWith(lender, 1));
    for (int i = 0; i < 4; i++) {
      auto picture = player.picture(-1);
      REQUIRE(picture && *picture);
      held.push_back(std::move(**picture));
    }
    lender.buffers->stop();
  }
  lender.collect();
  CHECK_EQ(lender.out(), held.size());
  // The address sanitizer is the judge.
  for (const Picture& it : held) CHECK(it.frame->data[0][0] + it.frame->data[2][0] >= 0);
  held.clear();
  lender.collect();
  CHECK_EQ(lender.out(), 0U);
}

TEST("buffers/without-room-for-whole-blocks-nothing-is-stored-to-them") {
  // The picture's own rows and no more: 180 rows are 192 coded.
  Lender lender(-2);
  lender.offer(20);
  {
    Player player(smallClip().open(), specWith(lender, 1));
    for (int i = 0; i < 10; i++) {
      auto picture = player.picture(-1);
      REQUIRE(picture && *picture);
      CHECK(!(*picture)->place);
      player.session().giveBackPicture();
    }
    lender.buffers->stop();
  }
  lender.collect();
  CHECK_EQ(lender.out(), 0U);
}

TEST("buffers/closing-and-seeking-in-mid-decode-return-each-once") {
  for (int i = 0; i < 40; i++) {
    Lender lender;
    lender.offer(8);
    {
      Player player(smallClip().open(), specWith(lender, 1 + i % 3));
      if (i % 4 == 1) REQUIRE(player.info());
      if (i % 4 == 2) REQUIRE(player.seek(i * 20'000'000LL));
      if (i % 4 == 3) player.session().seek(0);
      lender.buffers->stop();
    }
    lender.collect();
    CHECK_EQ(lender.out(), 0U);
    CHECK(!lender.returnedTwice);
  }
}
