#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace retrovue::fuzz {

/// Calls `onHang`, from a thread of its own, once nothing was heard of a case for as long as it may be silent.
class Watchdog {
 public:
  Watchdog(std::int64_t silentMsMax, std::function<void()> onHang);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// A case is under way, and has just moved on.
  void alive();
  /// No case is under way.
  void rest();

 private:
  void watch();

  const std::int64_t silentMsMax_;
  const std::function<void()> onHang_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool isWatching_ = false;
  bool isOver_ = false;
  std::uint64_t beats_ = 0;
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue::fuzz
