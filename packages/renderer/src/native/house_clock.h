#pragma once
#include <house_time.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace retrovue::renderer {

/// House time for native threads: follows the mapping that the engine's clock gives it. Every call from any thread.
class HouseClock {
 public:
  explicit HouseClock(const framebus::ClockMapping& mapping) : mapping_(mapping) {}

  /// Takes a newer mapping over and wakes those who wait; an older one changes nothing.
  void follow(const framebus::ClockMapping& mapping);
  /// Never steps back.
  std::int64_t now();
  /// Makes those who wait look at their condition again.
  void wake();

  /// Waits until house time has reached `house` (true), or `done` holds (false), which is asked for at each wake. `done`
  /// may take locks that are never held while this clock is called.
  template <class Done>
  bool waitUntil(std::int64_t house, Done done) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (done()) return false;
      if (nowLocked() >= house) return true;
      waitLocked(lock, mapping_.monoAt(house));
    }
  }
  /// Waits until `done` holds or so many real nanoseconds are over, whatever house time does.
  template <class Done>
  void waitFor(std::int64_t monoNs, Done done) {
    std::unique_lock lock(mutex_);
    const std::int64_t until = monoNow() + monoNs;
    while (!done() && monoNow() < until) waitLocked(lock, until);
  }

 private:
  static std::int64_t monoNow();
  std::int64_t nowLocked();
  void waitLocked(std::unique_lock<std::mutex>& lock, std::optional<std::int64_t> mono);

  std::mutex mutex_;
  std::condition_variable changed_;
  framebus::ClockMapping mapping_;
  std::int64_t latest_ = INT64_MIN;
};

}  // namespace retrovue::renderer
