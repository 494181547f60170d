#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "pacer.h"

namespace retrovue::renderer {

/// Writes what has left a pacer into a pipe, on a thread of its own, as the records that core's renderer port describes: no
/// JavaScript runs for a tick. While the other end takes nothing it waits, and the pacer's bound applies.
///
/// Threads: `wake` from any; it is made and stopped by one other.
class PipeOutlet {
 public:
  /// @param descriptor a pipe or socket to write to; the caller's. It becomes non-blocking
  PipeOutlet(Pacer& pacer, int descriptor);
  ~PipeOutlet();
  PipeOutlet(const PipeOutlet&) = delete;
  PipeOutlet& operator=(const PipeOutlet&) = delete;

  /// Something has left.
  void wake();
  /// Ends the thread, in the middle of a record if the other end is stuck. Idempotent.
  void stop();

 private:
  /// Portions of one call of `fetch`.
  static constexpr std::size_t kPortions = 16;
  static constexpr std::size_t kHeadBytes = 16;

  void loop();
  /// False where it is to end, or the other end is gone.
  bool send(std::span<const Pacer::Portion> portions);
  bool waitForRoom();

  Pacer& pacer_;
  const int descriptor_;
  /// Becomes readable when it is to end, whatever the pipe does. -1 where the process had no descriptor left.
  const int stopEvent_;
  std::vector<std::uint8_t> bytes_;
  std::array<std::array<std::uint8_t, kHeadBytes>, kPortions> heads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hasNews_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue::renderer
