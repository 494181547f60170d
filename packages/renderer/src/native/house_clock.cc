#include "house_clock.h"

#include <algorithm>
#include <chrono>

namespace retrovue::renderer {

// libstdc++'s steady clock is CLOCK_MONOTONIC, which mappings are about.
using Mono = std::chrono::steady_clock;

std::int64_t HouseClock::monoNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Mono::now().time_since_epoch()).count();
}

void HouseClock::follow(const framebus::ClockMapping& mapping) {
  const std::scoped_lock lock(mutex_);
  if (mapping.sequence <= mapping_.sequence) return;
  mapping_ = mapping;
  changed_.notify_all();
}

std::int64_t HouseClock::now() {
  const std::scoped_lock lock(mutex_);
  return nowLocked();
}

void HouseClock::wake() {
  const std::scoped_lock lock(mutex_);
  changed_.notify_all();
}

std::int64_t HouseClock::nowLocked() {
  latest_ = std::max(latest_, mapping_.houseAt(monoNow()));
  return latest_;
}

void HouseClock::waitLocked(std::unique_lock<std::mutex>& lock, std::optional<std::int64_t> mono) {
  if (mono) changed_.wait_until(lock, Mono::time_point(std::chrono::nanoseconds(*mono)));
  else changed_.wait(lock);
}

}  // namespace retrovue::renderer
