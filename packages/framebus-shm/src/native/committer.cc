#include "committer.h"

#include <sched.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

#include "futex.h"

namespace retrovue::framebus {
namespace {

/// Above every ordinary thread, below the kernel's own (which begin at 50 where interrupts are threads).
constexpr int kRealtimePriority = 10;
/// A lane that wakes the committer more often than this without cause, in a row, is written to wildly. It is
/// then looked at a thousand times a second, which delays nobody and leaves the core to others.
constexpr std::uint32_t kIdleWakesMax = 256;
constexpr std::int64_t kWildPauseNs = 1'000'000;
constexpr std::int64_t kBeatNs = RVFB_HEARTBEAT_NS / 2;
/// A thread that was kicked takes its next turn long before this, or the machine has stopped.
constexpr std::int64_t kTurnNs = 1'000'000'000;

/// Numbers beyond the list are none.
std::uint32_t knownReason(std::uint32_t reason) {
  return reason <= RVFB_REASON_LAST ? reason : std::uint32_t{RVFB_REASON_NONE};
}

}  // namespace

Expected<std::unique_ptr<Committer>> Committer::create(const BusSpec& spec, const Place& place,
                                                       std::shared_ptr<ReadersTable> readers) {
  auto objects = BusObjects::make(spec, place, std::move(readers));
  if (!objects) return objects.failure();
  std::unique_ptr<Committer> committer(new Committer(spec, place, std::move(*objects)));
  // Last, and whole: who finds the control object finds everything.
  if (auto linked = committer->objects_.control.link(committer->objects_.path); !linked)
    return linked.failure();
  // Nobody here looks at them; but this is the first who can touch them.
  committer->toucher_.begin(committer->objects_.pictures.mapping());
  committer->thread_ = std::thread([raw = committer.get()] { raw->run(); });
  return committer;
}

Committer::Committer(const BusSpec& spec, const Place& place, BusObjects objects)
    : spec_(spec),
      place_(place),
      objects_(std::move(objects)),
      grid_(spec.grid()),
      controlMapping_(objects_.control.mapping()),
      store_(controlMapping_, objects_.layout.header, spec.mapping),
      pool_(objects_.layout.header.buffer_count),
      assets_(store_),
      publisher_(grid_, store_, pool_),
      intake_(objects_.layout, grid_, spec.directReferences, store_, pool_, assets_, episodes_),
      mapping_(spec.mapping) {}

Committer::~Committer() {
  close();
}

void Committer::start(std::int64_t first) {
  const std::scoped_lock lock(mutex_);
  if (next_ >= 0 || closing_ || first < 0) return;
  next_ = first;
  store_.begin(first);
  settle();
  finish();
  kick();
}

/// Waits until the thread, which may still wait on the lane before the last, has moved on and freed it: there
/// is memory for two.
void Committer::awaitFreedLanes() {
  const std::int64_t until = monoNow() + kTurnNs;
  for (std::unique_lock lock(mutex_); (intake_.hasDropped() || freesLanes_) && !closing_ && monoNow() < until;
       lock.lock()) {
    const std::uint32_t seen = __atomic_load_n(&freedWord_, __ATOMIC_ACQUIRE);
    lock.unlock();
    futexWait(&freedWord_, seen, until);
  }
}

Expected<LaneTicket> Committer::openLane() {
  awaitFreedLanes();
  const std::string path = objects_.path + ".lane" + std::to_string(lanesMade_ + 1);
  // Made outside the lock: it takes memory from the system.
  auto lane = LaneEnd::make(place_.directory, path, objects_.layout.lane, objects_.layout.header.run_id,
                            lanesMade_ + 1);
  if (!lane) return lane.failure();
  const std::scoped_lock lock(mutex_);
  if (closing_) return Failure{"Closed", "The committer was used after it was closed.", 0};
  settle();
  intake_.drop(RVFB_LANE_SUPERSEDED);
  intake_.open(std::move(*lane));
  store_.storeNewestLane(++lanesMade_);
  intake_.exchangeBuffers();
  finish();
  kick();
  return LaneTicket{lanesMade_, path};
}

void Committer::retireLane(std::uint32_t lane, std::uint32_t reason) {
  const std::scoped_lock lock(mutex_);
  if (closing_) return;
  settle();
  if (intake_.lane() != nullptr && intake_.lane()->number() == lane) intake_.drop(RVFB_LANE_CLOSED);
  pool_.reclaim(lane);
  standIns_.reason = knownReason(reason);
  intake_.exchangeBuffers();
  finish();
  kick();
}

void Committer::expect(std::vector<Expectation> entries) {
  const std::scoped_lock lock(mutex_);
  settle();
  standIns_.expect(std::move(entries), next_);
  finish();
}

void Committer::setPolicy(const StandInPolicy& policy) {
  const std::scoped_lock lock(mutex_);
  settle();
  standIns_.policy = policy;
  finish();
}

void Committer::setReason(std::uint32_t reason) {
  const std::scoped_lock lock(mutex_);
  settle();
  standIns_.reason = knownReason(reason);
  finish();
}

void Committer::setMapping(const ClockMapping& mapping) {
  const std::scoped_lock lock(mutex_);
  if (closing_) return;
  mapping_ = mapping;
  store_.storeMapping(mapping);
  published_ = true;  // Whoever waits for the clock on this bus looks again.
  settle();
  finish();
  kick();
}

std::int64_t Committer::head() {
  const std::scoped_lock lock(mutex_);
  return store_.head();
}

rvfb_counters Committer::counters() {
  const std::scoped_lock lock(mutex_);
  return episodes_.counters();
}

AirCounts Committer::airCounts() {
  const std::scoped_lock lock(mutex_);
  return episodes_.airCounts();
}

std::optional<CommitterEvent> Committer::nextEvent() {
  const std::scoped_lock lock(mutex_);
  return episodes_.next();
}

std::uint32_t Committer::eventWord() const {
  return __atomic_load_n(&eventWord_, __ATOMIC_ACQUIRE);
}

bool Committer::waitForEvents(std::uint32_t seen, std::int64_t mono) {
  futexWait(&eventWord_, seen, mono);
  const std::scoped_lock lock(mutex_);
  return !closing_;
}

void Committer::close() {
  {
    const std::scoped_lock lock(mutex_);
    if (closing_) return;
    closing_ = true;
    intake_.drop(RVFB_LANE_CLOSED);
    store_.close();
    finish();
    kick();
    __atomic_fetch_add(&eventWord_, 1, __ATOMIC_RELEASE);
    futexWake(&eventWord_);
  }
  toucher_.stop();
  if (thread_.joinable()) thread_.join();
  intake_.takeDropped();
  objects_.control.unlink();
  objects_.pictures.unlink();
  objects_.readers.reset();
}

void Committer::run() {
  sched_param parameters{};
  parameters.sched_priority = kRealtimePriority;
  // Not permitted in most containers: then the pace is an ordinary thread's.
  realtime_ = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters) == 0;
  ::pthread_setname_np(::pthread_self(), "rv-committer");

  std::int64_t nextBeat = 0;
  std::uint32_t idleWakes = 0;
  std::unique_lock lock(mutex_);
  while (!closing_) {
    waitLane_ = intake_.lane();
    waitWord_ = waitLane_ != nullptr ? waitLane_->committerWord() : &ownWord_;
    const std::uint32_t* const word = waitWord_;
    // Before looking: what comes after this load makes the wait below return at once.
    const std::uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    const std::uint64_t committed = episodes_.counters().committed;
    settle();
    finish();
    // It was found cut and dropped: a kick may go to it until another is waited on, so it is not freed yet.
    if (intake_.lane() != waitLane_) continue;
    const std::int64_t now = monoNow();
    if (now >= nextBeat) {
      store_.beat();
      nextBeat = now + kBeatNs;
    }
    idleWakes = episodes_.counters().committed == committed ? idleWakes + 1 : 0;
    const std::int64_t until = std::min(deadline(), nextBeat);
    freeDroppedLanes(lock);
    lock.unlock();
    if (idleWakes > kIdleWakesMax) {
      const std::int64_t pause = std::min(until, now + kWildPauseNs);
      const timespec at{pause / kNsPerSecond, pause % kNsPerSecond};
      ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
    }
    futexWait(word, seen, until);
    if (monoNow() >= until) idleWakes = 0;
    lock.lock();
  }
  waitLane_ = nullptr;
  waitWord_ = nullptr;
}

/// For the thread, which waits on none of them by now. Giving memory back takes its time: not under the lock.
void Committer::freeDroppedLanes(std::unique_lock<InheritingMutex>& lock) {
  if (!intake_.hasDropped()) return;
  auto gone = intake_.takeDropped();
  freesLanes_ = true;
  lock.unlock();
  gone.clear();
  lock.lock();
  freesLanes_ = false;
  __atomic_fetch_add(&freedWord_, 1, __ATOMIC_RELEASE);
  futexWake(&freedWord_);
}

/// When the next tick must be on the bus, on CLOCK_MONOTONIC; never where time stands still.
std::int64_t Committer::deadline() const {
  if (next_ < 0) return INT64_MAX;
  const auto mono =
      mapping_.monoAt(grid_.tickTime(next_) - static_cast<std::int64_t>(objects_.layout.header.guard_ns));
  return mono ? *mono : INT64_MAX;
}

void Committer::kick() {
  if (waitWord_ == nullptr) return;
  if (waitLane_ != nullptr) {
    waitLane_->kick();
  } else {
    __atomic_fetch_add(&ownWord_, 1, __ATOMIC_RELEASE);
    futexWake(&ownWord_);
  }
}

/// House time never steps back (rule 7).
void Committer::readClock() {
  houseNow_ = std::max(houseNow_, mapping_.houseAt(monoNow()));
  dueThrough_ = grid_.tickAtOrBefore(houseNow_ + static_cast<std::int64_t>(objects_.layout.header.guard_ns));
  lateThrough_ = grid_.tickAtOrBefore(houseNow_ - 1);
  leadThrough_ = grid_.tickAtOrBefore(houseNow_) + spec_.leadTicks;
}

/// Commits all that can be by now: submissions in line, and a stand-in for each tick that is due without one.
void Committer::settle() {
  if (closing_) return;
  readClock();
  intake_.look(next_, leadThrough_);
  // What it hands over from now on reaches nobody. Its worker makes no progress and is replaced for that.
  if (intake_.lane() != nullptr && intake_.lane()->isCut()) intake_.drop(RVFB_LANE_CLOSED);
  while (next_ >= 0) {
    if (takeFront()) continue;
    if (next_ > dueThrough_) break;
    standIn(next_);
  }
  // Before all that no reader waits for: a reader is late by whatever comes between its tick and its wake.
  wakeReaders();
  intake_.exchangeBuffers();
}

/// Commits the submission at the front, and stand-ins for the ticks that it skips: a lane never goes back, so
/// they cannot come any more. False if there is none.
bool Committer::takeFront() {
  const rvfb_submission_head* const head = intake_.front();
  if (head == nullptr) return false;
  while (next_ < head->tick) standIn(next_);
  if (head->tick == next_) {
    std::uint64_t ancillary[RVFB_ANCILLARY_BYTES / 8];
    rvfb_slot slot = intake_.slotOfFront(ancillary);
    standIns_.noteAired(slot);
    const float* const* sound = intake_.soundOfFront();
    // The worker cannot have faded it: it does not know what aired before.
    if (inGap_ && sound != nullptr) sound = publisher_.fadeIn(sound, slot);
    inGap_ = false;
    wasHeard_ = wasHeard_ || sound != nullptr;
    publish(slot, ancillary, sound);
    episodes_.onSubmitted();
  } else {
    intake_.refuse(head->tick, RVFB_REFUSED_TICK_TAKEN);
  }
  intake_.consumeFront();
  return true;
}

void Committer::standIn(std::int64_t tick) {
  const StandIn what = standIns_.standInAt(tick);
  rvfb_slot slot = standIns_.slotOf(what, tick, objects_.layout.header.format);
  slot.silent_samples = grid_.samplesIn(tick);
  if (Expectation* expectation = what.expectation) {
    if (expectation->pad) slot.silent_samples = 0;
    if (!expectation->placed || !assets_.use(expectation->place, tick)) {
      expectation->place =
          assets_.placeOf(expectation->assetUri, expectation->assetTitle, tick, store_.oldest());
      expectation->placed = true;
    }
    slot.asset_index = expectation->place.index;
    slot.asset_generation = expectation->place.generation;
  }
  publish(slot, nullptr, publisher_.fadeOut(tick));
  // A pad's silence is planned, and the first sound of all returns from nowhere: both begin as their worker
  // says.
  inGap_ = wasHeard_ && slot.silent_samples != 0;
}

void Committer::publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound) {
  next_ = slot.tick + 1;
  published_ = true;
  if (slot.tick <= lateThrough_) episodes_.onLate();
  publisher_.publish(slot, ancillary, sound);
  episodes_.onCommit(slot);
}

/// Once for all ticks that were published since the last time.
void Committer::wakeReaders() {
  if (published_) store_.wake();
  published_ = false;
}

/// Tells everyone else what was settled. Waking is the one system call.
void Committer::finish() {
  store_.storeCounters(episodes_.counters());
  intake_.notify();
  if (episodes_.hasEvents()) {
    __atomic_fetch_add(&eventWord_, 1, __ATOMIC_RELEASE);
    futexWake(&eventWord_);
  }
}

}  // namespace retrovue::framebus
