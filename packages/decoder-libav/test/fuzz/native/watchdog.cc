#include "watchdog.h"

#include <chrono>

namespace retrovue::fuzz {

Watchdog::Watchdog(std::int64_t silentMsMax, std::function<void()> onHang)
    : silentMsMax_(silentMsMax), onHang_(std::move(onHang)), thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    isOver_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::alive() {
  bool wasWatching = false;
  {
    const std::scoped_lock lock(mutex_);
    beats_++;
    wasWatching = std::exchange(isWatching_, true);
  }
  if (!wasWatching) changed_.notify_one();
}

void Watchdog::rest() {
  const std::scoped_lock lock(mutex_);
  isWatching_ = false;
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!isOver_) {
    changed_.wait(lock, [this] { return isWatching_ || isOver_; });
    const std::uint64_t seen = beats_;
    const bool moved = changed_.wait_for(lock, std::chrono::milliseconds(silentMsMax_), [&] { return isOver_; });
    if (!moved && isWatching_ && beats_ == seen) {
      lock.unlock();
      onHang_();
      return;
    }
  }
}

}  // namespace retrovue::fuzz
