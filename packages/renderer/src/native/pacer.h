#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "encode_spec.h"
#include "house_clock.h"
#include "muxer.h"

namespace retrovue::renderer {

/// When a tick's bytes leave, both in nanoseconds from 0 on.
struct LeaveTimes {
  /// Before the tick's time.
  std::int64_t leadNs = 0;
  /// What has its time at most so much later leaves together with what is due, if it is there: everything behind the pacer is
  /// woken once for both. 0: each at its own time.
  std::int64_t burstNs = 0;
};

/// Lets bytes go at their time, on a thread of its own (SCHED_FIFO where permitted): portion p of tick n leaves p portions
/// into the tick, as early as `LeaveTimes` says and never later. What has left waits for `fetch`.
///
/// Bounds: what waits for its time, `kWaitingMax` ticks (`push` then waits); what has left, `kLeftBytesMax` (then all of it is
/// dropped, and everything up to the next random access point). Ticks are reused, so nothing is allocated once it runs.
///
/// Threads: `lend` and `push` from the encoding thread, `fetch` from the caller's, `stop` from any.
class Pacer {
 public:
  /// A second at 60 fps: twice what may be encoded ahead.
  static constexpr std::size_t kWaitingMax = 60;
  static constexpr std::size_t kLeftBytesMax = 16 << 20;

  struct Portion {
    std::size_t offset;
    std::size_t bytes;
    bool randomAccess;
    std::int64_t tick;
  };

  /// @param onLeft called from the pacing thread when something has left
  Pacer(const HouseGrid& grid, LeaveTimes times, HouseClock& clock, std::function<void()> onLeft);
  ~Pacer();

  /// An empty tick to fill.
  TickBytes lend();
  /// Hands a tick over; true if its time to leave had passed already. False and nothing done after `stop`.
  bool push(TickBytes tick);
  /// When the first portion of a tick leaves at the latest.
  std::int64_t leaveTime(std::int64_t tick) const { return grid_.tickTime(tick) - times_.leadNs; }

  /// Copies what has left, in order, as far as it fits; portions longer than `into` come in pieces of whole packets.
  std::size_t fetch(std::span<std::uint8_t> into, std::span<Portion> portions);
  void stop();

  std::uint64_t bytesLeft() const { return bytesLeft_.load(std::memory_order_relaxed); }
  /// Ticks of which something was dropped.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  bool isRealtime() const { return realtime_.load(std::memory_order_relaxed); }

 private:
  struct Waiting {
    TickBytes tick;
    std::size_t portionsLeft = 0;
    std::size_t fetched = 0;
  };

  void loop();
  std::int64_t portionTime(const TickBytes& tick, std::size_t portion) const;
  static std::size_t endOf(const TickBytes& tick, std::size_t portion);
  void recycle(TickBytes tick);
  bool letGo();
  void dropLeft();

  const HouseGrid grid_;
  const LeaveTimes times_;
  HouseClock& clock_;
  const std::function<void()> onLeft_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> hasNews_{false};
  std::atomic<std::uint64_t> bytesLeft_{0}, dropped_{0};
  std::atomic<bool> realtime_{false};

  std::mutex mutex_;
  std::condition_variable room_;
  /// Ticks in order: those of which everything has left, then the one under way, then those that wait.
  std::deque<Waiting> ticks_;
  std::size_t waiting_ = 0;
  std::size_t leftBytes_ = 0;
  bool isDropping_ = false;
  std::vector<TickBytes> spare_;
  std::thread thread_;  // Last: it runs as soon as it is made.
};

}  // namespace retrovue::renderer
