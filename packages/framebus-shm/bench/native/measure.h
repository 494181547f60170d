#pragma once
// What the measurements share: a full-size bus, child processes that read, medians.
#include <sys/types.h>

#include <functional>
#include <vector>

#include "bench.h"

namespace retrovue::framebus::benching {

using testing::Bench;
using testing::Reader;

/// 1080p at 29.97 with stereo at 48 kHz, on a clock that stands still until moved.
BusSpec fullSpec();

/// The value below which `share` of them lie.
double quantile(std::vector<double> values, double share);

/// Nanoseconds that this thread has computed: what a waiter that preempts it spends is not counted.
double cpuNs();

/// Raises a futex word and wakes all who wait for it; and waits until it is not `seen`.
void raise(std::uint32_t* word);
void await(const std::uint32_t* word, std::uint32_t seen);

/// Long enough for every waiter to be asleep again. Only measurements may wait so.
void letSleep();

/// Memory that child processes share with their parent.
class SharedBytes {
 public:
  explicit SharedBytes(std::size_t bytes);
  ~SharedBytes();
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(at_);
  }

 private:
  void* at_;
  std::size_t bytes_;
};

/// Child processes that each run `body` once; waited for, or killed where they do not end.
class Children {
 public:
  /// Returns when each has said that it is ready by raising `*ready`.
  Children(int count, std::uint32_t* ready, const std::function<void(int)>& body);
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  void wait();

 private:
  std::vector<pid_t> pids_;
};

/// Hands `tick` over with nobody told, so that the caller's next call on the committer commits it.
class QuietLane {
 public:
  explicit QuietLane(Bench& bench);
  LaneWriter& lane() { return *writer_; }
  /// The next tick's submission: a picture that is there already, with or without sound of its own.
  void put(std::int64_t tick, std::uint32_t buffer, bool sound);

 private:
  Bench& bench_;
  std::unique_ptr<Mapping> memory_;
  std::unique_ptr<LaneWriter> writer_;
  std::uint64_t tail_ = 0;
};

/// Nanoseconds of one commit besides the wake, with `readers` processes that wait for each tick.
double commitNs(int readers);
/// The same for ticks that nobody submitted.
double standInNs();
/// Microseconds of computing of a commit's wake for each of 16 waiting readers.
double wakeOf16Us();
/// Microseconds from a commit's beginning until a reader in another process is awake.
struct WakeTimes {
  double p50;
  double p90;
};
/// Of a bus, and of a bare futex in the same place.
struct WakePair {
  WakeTimes bus;
  WakeTimes plain;
};
WakePair wakesUs();
/// Megabytes a second of copying 1080p frames into buffers on loan.
double fillMbps();
/// Microseconds until another process has a 1080p frame that lies where its producer has drawn it: in a
/// loaned buffer. `read`: until it has read every byte.
double busFrameUs(bool read);

/// The same by plain means.
double plainStoreNs();
double plainCopyNs();
double plainWakeOf16Us();
double plainFillMbps();
double socketFrameUs(bool read);

}  // namespace retrovue::framebus::benching
