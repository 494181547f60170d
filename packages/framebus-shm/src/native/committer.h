#pragma once
#include <retrovue/expected.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "asset_book.h"
#include "bus_store.h"
#include "episodes.h"
#include "inheriting_mutex.h"
#include "lane_end.h"
#include "layout.h"
#include "picture_pool.h"
#include "readers_table.h"
#include "stand_ins.h"

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
  Expected<LaneTicket> openLane();
  void retireLane(std::uint32_t lane, std::uint32_t reason);
  void expect(std::vector<Expectation> entries);
  void setPolicy(const StandInPolicy& policy);
  void setReason(std::uint32_t reason);
  void setMapping(const ClockMapping& mapping);
  std::int64_t head();
  rvfb_counters counters();
  std::vector<ReaderRow> readers() const { return readersTable_->rows(); }
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
  struct Pending {
    rvfb_submission_head head{};
    bool accepted = false;
  };
  /// What the current lane last said of its asset; texts are copies.
  struct LaneAsset {
    std::uint64_t key = 0;
    AssetPlace place{};
    std::string uri;
    std::string title;
  };

  Committer(const BusSpec& spec, const Place& place, Layout layout, SharedObject control,
            SharedObject pictures, std::shared_ptr<ReadersTable> readers);

  void run();
  void settle();
  void readClock();
  void lookAtLane();
  void dropLane(std::uint32_t state);
  std::uint32_t objectionTo(const rvfb_submission_head& head) const;
  bool showsWholePicture(const rvfb_submission_head& head) const;
  void refuse(std::int64_t tick, std::uint32_t why);
  bool takePending();
  void giveBack(std::uint64_t upTo);
  void topUp();
  void standIn(std::int64_t tick);
  void commitSubmission(const rvfb_submission_head& head, std::uint64_t position);
  AssetPlace assetOf(const rvfb_submission_head& head, std::uint64_t position);
  void publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound);
  const float* const* fadeOut(std::int64_t tick);
  void noteSound(const float* const* sound, std::uint32_t samples);
  void kick();
  void finish();
  std::int64_t deadline() const;

  const BusSpec spec_;
  const Place place_;
  const Layout layout_;
  const HouseGrid grid_;
  const std::string path_;
  SharedObject controlObject_;
  SharedObject picturesObject_;
  std::shared_ptr<Mapping> controlMapping_;
  std::shared_ptr<ReadersTable> readersTable_;

  InheritingMutex mutex_;
  BusStore store_;
  PicturePool pool_;
  AssetBook assets_;
  StandIns standIns_;
  Episodes episodes_;
  ClockMapping mapping_;
  std::int64_t houseNow_ = INT64_MIN;
  std::int64_t dueThrough_ = -1;
  std::int64_t lateThrough_ = -1;
  std::int64_t leadThrough_ = -1;
  std::int64_t next_ = -1;  // The tick committed next; -1 before start.
  bool published_ = false;  // Since the last `finish`: readers are to be woken.
  bool counted_ = false;
  bool closing_ = false;

  std::unique_ptr<LaneEnd> lane_;
  std::vector<std::unique_ptr<LaneEnd>> oldLanes_;
  std::uint32_t lanesMade_ = 0;
  std::vector<Pending> pending_;
  std::int64_t lastSubmitted_ = -1;
  LaneAsset laneAsset_;

  std::vector<std::uint32_t> slotBuffers_;  // Which buffer each slot refers to.
  std::vector<float> fade_;
  std::vector<const float*> channels_;
  std::vector<float> lastSample_;

  const std::uint32_t* waitWord_ = nullptr;  // What the thread waits on; under the lock.
  LaneEnd* waitLane_ = nullptr;
  std::uint32_t ownWord_ = 0;
  std::uint32_t eventWord_ = 0;
  std::atomic<bool> realtime_{false};
  std::thread thread_;
};

}  // namespace retrovue::framebus
