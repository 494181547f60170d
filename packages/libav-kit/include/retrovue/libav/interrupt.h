#pragma once
#include <atomic>
#include <cstdint>

namespace retrovue::libav {

/// Nanoseconds of CLOCK_MONOTONIC.
std::int64_t monoNow();

/// Ends what libav waits for: asked by its own loops and by our I/O before each read. One per thread that
/// works, armed by that thread before each piece of work; `cancel` may come from any thread and stays.
class Interrupt {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_release); }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  /// From now on the work at hand may take `timeoutNs`.
  void arm(std::int64_t timeoutNs) { deadline_.store(monoNow() + timeoutNs, std::memory_order_relaxed); }
  bool expired() const { return monoNow() > deadline_.load(std::memory_order_relaxed); }
  bool tripped() const { return cancelled() || expired(); }
  /// For `AVIOInterruptCB`; `self` is the interrupt.
  static int callback(void* self) { return static_cast<const Interrupt*>(self)->tripped() ? 1 : 0; }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<std::int64_t> deadline_{INT64_MAX};
};

}  // namespace retrovue::libav
