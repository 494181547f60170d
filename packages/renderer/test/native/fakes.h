#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "encode_spec.h"
#include "house_clock.h"
#include "tick_source.h"

namespace retrovue::renderer::test {

inline EncodeSpec smallSpec(std::uint32_t num = 25, std::uint32_t den = 1) {
  EncodeSpec spec;
  spec.grid = {num, den, 48'000};
  spec.width = 64;
  spec.height = 48;
  spec.pixelFormat = "yuv420p";
  spec.primaries = spec.transfer = spec.matrix = spec.range = 1;
  spec.videoCodec = "h264";
  spec.videoBitsPerSecond = spec.videoBufferBits = 400'000;
  spec.gopTicks = 10;
  spec.preset = "ultrafast";
  spec.audioCodec = "aac";
  spec.audioBitsPerSecond = 96'000;
  return spec;
}

/// Time that moves when told.
inline ClockMapping standing(std::int64_t house, std::uint64_t sequence = 0) {
  return {sequence, 0, house, -1'000'000'000};
}

/// A grey picture, and silence, of any tick.
class GreyTick {
 public:
  explicit GreyTick(const EncodeSpec& spec) : spec_(spec), luma_(64 * 48, 100), chroma_(64 * 48 / 4, 128), sound_(8192) {}

  TakenTick at(std::int64_t tick) const {
    TakenTick taken;
    taken.tick = tick;
    taken.planes = {luma_.data(), chroma_.data(), chroma_.data(), nullptr};
    taken.strides = {64, 32, 32, 0};
    taken.sound = {sound_.data(), sound_.data()};
    taken.sampleStart = static_cast<std::int64_t>(spec_.grid.sampleAt(tick));
    taken.samples = spec_.grid.samplesIn(tick);
    return taken;
  }

 private:
  const EncodeSpec spec_;
  std::vector<std::uint8_t> luma_, chroma_;
  std::vector<float> sound_;
};

/// A bus that holds the ticks from `oldest` to `head`.
class FakeBus : public TickSource {
 public:
  explicit FakeBus(const EncodeSpec& spec) : grey_(spec) {}

  void hold(std::int64_t oldest, std::int64_t head) {
    const std::scoped_lock lock(mutex_);
    oldest_ = oldest;
    head_ = head;
    changed_.notify_all();
  }
  /// From now on the line is stuck where it gives back tick `tick`, until `goOn`.
  void stickAt(std::int64_t tick) {
    const std::scoped_lock lock(mutex_);
    stickAt_ = tick;
  }
  void goOn() {
    stickAt(-1);
    changed_.notify_all();
  }
  /// Waits until tick `tick` was released.
  void waitFor(std::int64_t tick) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !released_.empty() && released_.back() >= tick; });
  }
  std::vector<std::int64_t> released() {
    const std::scoped_lock lock(mutex_);
    return released_;
  }

  Take take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) override {
    std::unique_lock lock(mutex_);
    const auto isThere = [&] { return stopping_ || head_ >= std::max<std::int64_t>(tick, 0); };
    if (!changed_.wait_for(lock, std::chrono::nanoseconds(waitNs), isThere)) return Take::notYet;
    if (stopping_) return Take::ended;
    const std::int64_t wanted = tick == kOnAir ? head_ : tick;
    if (wanted < oldest_) return Take::overrun;
    into = grey_.at(wanted);
    return Take::taken;
  }
  bool release(const TakenTick& taken) override {
    std::unique_lock lock(mutex_);
    released_.push_back(taken.tick);
    changed_.notify_all();
    changed_.wait(lock, [&] { return stickAt_ != taken.tick || stopping_; });
    return true;
  }
  std::int64_t oldest() override {
    const std::scoped_lock lock(mutex_);
    return oldest_;
  }
  bool knowsTheBus() const override { return true; }
  std::uint64_t opens() const override { return 1; }
  void stop() override {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

 private:
  GreyTick grey_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t oldest_ = 0, head_ = -1, stickAt_ = -1;
  bool stopping_ = false;
  std::vector<std::int64_t> released_;
};

}  // namespace retrovue::renderer::test
