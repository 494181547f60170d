#include "picture_worker.h"

#include <condition_variable>
#include <mutex>

#include "pictures.h"

using namespace retrovue::conform;
using namespace retrovue::conform::test;

namespace {

/// Counts completions and waits for them.
class Tally {
 public:
  PictureWorker::Done count() {
    return [this](retrovue::Expected<void> done) {
      const std::scoped_lock lock(mutex_);
      ++count_;
      if (!done) codes_.push_back(done.failure().code);
      changed_.notify_all();
    };
  }
  void waitFor(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  std::vector<std::string> codes() {
    const std::scoped_lock lock(mutex_);
    return codes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  std::vector<std::string> codes_;
};

PictureWorker::Cancelled never() {
  return std::make_shared<std::atomic<bool>>(false);
}

}  // namespace

TEST("worker/pictures-of-many-formats-run-together") {
  Tally tally;
  PictureWorker worker(3);
  std::vector<Picture> sources, targets;
  std::vector<std::uint32_t> ids;
  for (int i = 0; i < 5; ++i) {
    const auto added = worker.add(stretched(PixelFormat::nv12, 64 + 2 * i, 48, PixelFormat::yuv420p, 32, 32));
    REQUIRE(added);
    ids.push_back(*added);
  }
  for (int i = 0; i < 40; ++i) {
    sources.emplace_back(PixelFormat::nv12, 64 + 2 * (i % 5), 48).flat({40 + i, 128});
    targets.emplace_back(PixelFormat::yuv420p, 32, 32);
  }
  for (int i = 0; i < 40; ++i) CHECK(worker.convert(ids[i % 5], sources[i].in(), targets[i].out(), {}, never(), tally.count()));
  tally.waitFor(40);
  CHECK(tally.codes().empty());
  for (int i = 0; i < 40; ++i) CHECK_EQ(targets[i].farthestFrom(0, 40 + i), 0);
}

TEST("worker/each-picture-is-settled-once-whatever-happens") {
  Tally tally;
  PictureWorker worker(1);
  const auto recipe = stretched(PixelFormat::yuv420p, 640, 480, PixelFormat::yuv420p, 320, 180);
  const auto id = worker.add(recipe);
  REQUIRE(id);
  Picture from(PixelFormat::yuv420p, 640, 480), into(PixelFormat::yuv420p, 320, 180);
  from.flat({100, 128, 128});
  const auto cancelled = std::make_shared<std::atomic<bool>>(true);
  int posted = 0;
  for (int i = 0; i < 300; ++i)
    if (worker.convert(*id, from.in(), into.out(), {}, i == 5 ? cancelled : never(), tally.count())) ++posted;
  worker.forget(*id);  // Its pictures are still done.
  CHECK(!worker.convert(*id, from.in(), into.out(), {}, never(), tally.count()));
  worker.stop();
  worker.stop();
  tally.waitFor(posted);
  for (const std::string& code : tally.codes()) CHECK(code == "Cancelled" || code == "Closed");
  CHECK(!worker.add(recipe));
}

TEST("worker/planes-too-small-are-seen-before-they-are-touched") {
  const PixelFormat format = PixelFormat::yuv420p;
  CHECK(holds(format, 161, 121, {161, 81, 81, 0}, {161 * 121, 81 * 61, 81 * 61, 0}));
  CHECK(holds(format, 161, 121, {192, 96, 96, 0}, {192 * 120 + 161, 96 * 60 + 81, 96 * 60 + 81, 0}));
  CHECK(!holds(format, 161, 121, {192, 96, 96, 0}, {192 * 120 + 160, 96 * 61, 96 * 61, 0}));
  CHECK(!holds(format, 161, 121, {160, 96, 96, 0}, {192 * 121, 96 * 61, 96 * 61, 0}));
  CHECK(!holds(format, 161, 121, {192, 96, 96, 0}, {192 * 121, 96 * 61, 0, 0}));
  CHECK(!holds(format, 161, 121, {~std::size_t{0}, 96, 96, 0}, {192 * 121, 96 * 61, 96 * 61, 0}));
}
