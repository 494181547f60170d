#pragma once
#include <retrovue/expected.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "asset_book.h"
#include "bus_objects.h"
#include "bus_store.h"
#include "episodes.h"
#include "inheriting_mutex.h"
#include "lane_intake.h"
#include "page_toucher.h"
#include "picture_pool.h"
#include "stand_ins.h"
#include "tick_publisher.h"

namespace retrovue::framebus {

/// What a worker needs to open its end of a lane.
struct LaneTicket {
  std::uint32_t lane;
  std::string path;
};

/// **The one storer of a bus.** It commits what its lane submits, in tick order at once, and a stand-in where
/// a tick's guard time comes without a submission.
///
/// Threads: a thread of its own (SCHED_FIFO where permitted) waits for submissions and guard times; the
/// engine's thread calls the methods. Both store, each under the one lock, so that there is one storer at any
/// time; a method settles what is due before it changes anything, so results depend on when it was called and
/// not on how fast the thread is. Nothing under the lock waits, and a commit neither allocates nor calls the
/// system but to wake.
class Committer {
 public:
  /// Makes all objects, gives them their names and starts the thread. `readers`: a table that is there
  /// already, or null. `AlreadyExists` where a living engine has this bus; what a dead one left is replaced.
  static Expected<std::unique_ptr<Committer>> create(const BusSpec& spec, const Place& place,
                                                     std::shared_ptr<ReadersTable> readers);
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void start(std::int64_t first);
  /// Replaces the lane that there is. Until this answers there is memory for two, and never for more.
  Expected<LaneTicket> openLane();
  void retireLane(std::uint32_t lane, std::uint32_t reason);
  void expect(std::vector<Expectation> entries);
  void setPolicy(const StandInPolicy& policy);
  void setReason(std::uint32_t reason);
  void setMapping(const ClockMapping& mapping);
  std::int64_t head();
  rvfb_counters counters();
  AirCounts airCounts();
  std::vector<ReaderRow> readers() const { return objects_.readers->rows(); }
  /// The next event, if there is one.
  std::optional<CommitterEvent> nextEvent();
  /// Waits for events that came after `eventWord()` was read, for the end, or until CLOCK_MONOTONIC reaches
  /// `mono`. From any thread. False once the committer is closed.
  bool waitForEvents(std::uint32_t seen, std::int64_t mono);
  std::uint32_t eventWord() const;
  /// Marks the bus closed, tells readers and worker, ends the thread, removes the objects. Idempotent.
  void close();

  bool isRealtime() const { return realtime_.load(std::memory_order_relaxed); }
  const std::shared_ptr<Mapping>& control() const { return controlMapping_; }
  const rvfb_header& header() const { return store_.header(); }

 private:
  Committer(const BusSpec& spec, const Place& place, BusObjects objects);

  void run();
  void settle();
  void readClock();
  bool takeFront();
  void standIn(std::int64_t tick);
  void publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound);
  void wakeReaders();
  void finish();
  void kick();
  void awaitFreedLanes();
  void freeDroppedLanes(std::unique_lock<InheritingMutex>& lock);
  std::int64_t deadline() const;

  const BusSpec spec_;
  const Place place_;
  BusObjects objects_;
  const HouseGrid grid_;
  const std::shared_ptr<Mapping> controlMapping_;

  InheritingMutex mutex_;  // Guards all below.
  BusStore store_;
  PicturePool pool_;
  AssetBook assets_;
  StandIns standIns_;
  Episodes episodes_;
  TickPublisher publisher_;
  LaneIntake intake_;
  ClockMapping mapping_;
  std::int64_t houseNow_ = INT64_MIN;
  std::int64_t dueThrough_ = -1;
  std::int64_t lateThrough_ = -1;
  std::int64_t leadThrough_ = -1;
  std::int64_t next_ = -1;  // The tick committed next; -1 before start.
  std::uint32_t lanesMade_ = 0;
  bool published_ = false;  // Since the last `wakeReaders`: readers are to be woken.
  bool wasHeard_ = false;   // A worker's sound has aired.
  bool inGap_ = false;      // It was cut off by a stand-in of ours: what comes back fades in.
  bool closing_ = false;

  const std::uint32_t* waitWord_ = nullptr;  // What the thread waits on, and whose it is.
  LaneEnd* waitLane_ = nullptr;
  std::uint32_t ownWord_ = 0;
  std::uint32_t eventWord_ = 0;
  bool freesLanes_ = false;      // The thread is giving the memory of dropped lanes back.
  std::uint32_t freedWord_ = 0;  // Futex: raised when the memory of dropped lanes was given back.
  std::atomic<bool> realtime_{false};
  PageToucher toucher_;
  std::thread thread_;
};

}  // namespace retrovue::framebus
