#include "committer.h"

#include <retrovue/frame_bus_protocol.h>
#include <sched.h>
#include <sys/random.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>

#include "dead_objects.h"
#include "futex.h"

namespace retrovue::framebus {
namespace {

/// Above every ordinary thread, below the kernel's own (which begin at 50 where interrupts are threads).
constexpr int kRealtimePriority = 10;
/// What is missing is faded out over 5 ms (timing.md).
constexpr std::uint32_t kFadePerSecond = 200;
/// Buffers that a lane has at hand beside its decoder's references: the four of `bufferCount`. The rest stays
/// with the committer, so that pictures which readers still look at are drawn on as late as possible.
constexpr std::uint32_t kBuffersAtHand = 4;
/// A lane that wakes the committer more often than this without cause, in a row, is written to wildly. It is
/// then looked at a thousand times a second, which delays nobody and leaves the core to others.
constexpr std::uint32_t kIdleWakesMax = 256;
constexpr std::int64_t kWildPauseNs = 1'000'000;
constexpr std::int64_t kBeatNs = RVFB_HEARTBEAT_NS / 2;

constexpr std::uint32_t kStandInFlags = RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK;
constexpr std::uint32_t kAllFlags = RVFB_FLAG_REPEAT | kStandInFlags | RVFB_FLAG_PAD |
                                    RVFB_FLAG_FIRST_OF_SEGMENT | RVFB_FLAG_DISCONTINUITY | RVFB_FLAG_LATE;

bool isReserved(std::uint32_t buffer) {
  return buffer == RVFB_BUFFER_SLATE || buffer == RVFB_BUFFER_BLACK;
}

/// At most one kind, and a reason exactly where there is one: whatever the worker says.
void makeConsistent(rvfb_slot& slot) {
  slot.flags &= kAllFlags;
  const std::uint32_t kinds = slot.flags & kStandInFlags;
  const std::uint32_t kind = kinds & (~kinds + 1);  // The lowest: hold before slate before black.
  slot.flags = (slot.flags & ~kStandInFlags) | kind;
  if (kind == 0) slot.stand_in_reason = RVFB_REASON_NONE;
  if (kind != 0 && (slot.stand_in_reason == RVFB_REASON_NONE || slot.stand_in_reason > RVFB_REASON_LAST)) {
    slot.stand_in_reason = RVFB_REASON_STARVED;
  }
}

}  // namespace

Expected<std::unique_ptr<Committer>> Committer::create(const BusSpec& spec, const Place& place,
                                                       std::shared_ptr<ReadersTable> readers) {
  auto layout = layoutOf(spec);
  if (!layout) return layout.failure();
  const auto available = freeBytes(place.directory);
  if (!available) return available.failure();
  if (*available < layout->totalBytes()) {
    return outOfSharedMemory(place.directory, layout->totalBytes(), *available);
  }
  const std::string path = place.directory + "/" + busName(place.prefix, spec.engineId, spec.channelId);
  if (auto removed = removeDeadBus(path, readers != nullptr); !removed) return removed.failure();

  auto pictures = SharedObject::make(place.directory, layout->picturesBytes(), 0640);
  if (!pictures) return pictures.failure();
  auto control = SharedObject::make(place.directory, layout->controlBytes(), 0640);
  if (!control) return control.failure();
  rvfb_header& header = layout->header;
  header.pictures_inode = pictures->inode();
  if (::getrandom(header.run_id, sizeof header.run_id, 0) != static_cast<ssize_t>(sizeof header.run_id)) {
    return systemFailure("Internal", "Cannot make a run id");
  }
  if (!readers) {
    auto made = ReadersTable::make(place.directory, path + ".readers", layout->readersBytes);
    if (!made) return made.failure();
    readers = std::make_shared<ReadersTable>(std::move(*made));
  }
  for (SharedObject* object : {&*pictures, &*control}) {
    if (auto locked = object->lock(); !locked) return locked.failure();
  }
  if (auto linked = pictures->link(path + ".pictures"); !linked) return linked.failure();
  std::unique_ptr<Committer> committer(
      new Committer(spec, place, *layout, std::move(*control), std::move(*pictures), std::move(readers)));
  // Last, and whole: who finds the control object finds everything.
  if (auto linked = committer->controlObject_.link(path); !linked) return linked.failure();
  committer->thread_ = std::thread([raw = committer.get()] { raw->run(); });
  return committer;
}

Committer::Committer(const BusSpec& spec, const Place& place, Layout layout, SharedObject control,
                     SharedObject pictures, std::shared_ptr<ReadersTable> readers)
    : spec_(spec),
      place_(place),
      layout_(std::move(layout)),
      grid_(spec.grid()),
      path_(place.directory + "/" + busName(place.prefix, spec.engineId, spec.channelId)),
      controlObject_(std::move(control)),
      picturesObject_(std::move(pictures)),
      controlMapping_(controlObject_.mapping()),
      readersTable_(std::move(readers)),
      store_(controlMapping_, layout_.header, spec.mapping),
      pool_(layout_.header.buffer_count),
      assets_(store_),
      mapping_(spec.mapping),
      pending_(layout_.lane.submission_count),
      slotBuffers_(layout_.header.slot_count, RVFB_BUFFER_BLACK),
      fade_(std::size_t{spec.channels} * grid_.samplesMax()),
      channels_(spec.channels),
      lastSample_(spec.channels) {
  laneAsset_.uri.reserve(RVFB_URI_BYTES);
  laneAsset_.title.reserve(RVFB_TITLE_BYTES);
}

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

Expected<LaneTicket> Committer::openLane() {
  const std::string path = path_ + ".lane" + std::to_string(lanesMade_ + 1);
  // Made outside the lock: it takes memory from the system.
  auto lane = LaneEnd::make(place_.directory, path, layout_.lane, layout_.header.run_id, lanesMade_ + 1);
  if (!lane) return lane.failure();
  const std::scoped_lock lock(mutex_);
  if (closing_) return Failure{"Closed", "The committer was used after it was closed.", 0};
  settle();
  dropLane(RVFB_LANE_SUPERSEDED);
  lane_ = std::move(*lane);
  lastSubmitted_ = -1;
  laneAsset_.key = 0;
  store_.storeNewestLane(++lanesMade_);
  topUp();
  finish();
  kick();
  return LaneTicket{lanesMade_, path};
}

void Committer::retireLane(std::uint32_t lane, std::uint32_t reason) {
  const std::scoped_lock lock(mutex_);
  if (closing_) return;
  settle();
  if (lane_ && lane_->number() == lane) dropLane(RVFB_LANE_CLOSED);
  pool_.reclaim(lane);
  standIns_.reason = reason <= RVFB_REASON_LAST ? reason : std::uint32_t{RVFB_REASON_NONE};
  topUp();
  finish();
  kick();
}

/// The lane may borrow and submit no more; what it handed over was taken, what waits for its turn is dropped.
void Committer::dropLane(std::uint32_t state) {
  // A few at most: those that the thread may still be waiting on.
  std::erase_if(oldLanes_, [this](const auto& old) { return old.get() != waitLane_; });
  if (!lane_) return;
  for (std::uint64_t position = lane_->consumed(); position != lane_->looked(); ++position) {
    const Pending& pending = pending_[position & (pending_.size() - 1)];
    if (pending.accepted && !isReserved(pending.head.buffer)) pool_.unrefer(pending.head.buffer);
  }
  lane_->setState(state);
  while (const auto buffer = lane_->withdraw()) pool_.giveBack(*buffer, lane_->number());
  lane_->unlink();
  oldLanes_.push_back(std::move(lane_));
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
  standIns_.reason = reason <= RVFB_REASON_LAST ? reason : std::uint32_t{RVFB_REASON_NONE};
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
    dropLane(RVFB_LANE_CLOSED);
    store_.close();
    finish();
    kick();
    __atomic_fetch_add(&eventWord_, 1, __ATOMIC_RELEASE);
    futexWake(&eventWord_);
  }
  if (thread_.joinable()) thread_.join();
  controlObject_.unlink();
  picturesObject_.unlink();
  readersTable_.reset();
  oldLanes_.clear();
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
    waitLane_ = lane_.get();
    waitWord_ = lane_ ? lane_->committerWord() : &ownWord_;
    const std::uint32_t* const word = waitWord_;
    // Before looking: what comes after this load makes the wait below return at once.
    const std::uint32_t seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    const std::uint64_t committed = episodes_.counters().committed;
    settle();
    finish();
    const std::int64_t now = monoNow();
    if (now >= nextBeat) {
      store_.beat();
      nextBeat = now + kBeatNs;
    }
    idleWakes = episodes_.counters().committed == committed ? idleWakes + 1 : 0;
    const std::int64_t until = std::min(deadline(), nextBeat);
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

/// When the next tick must be on the bus, on CLOCK_MONOTONIC; never where time stands still.
std::int64_t Committer::deadline() const {
  if (next_ < 0) return INT64_MAX;
  const auto mono =
      mapping_.monoAt(grid_.tickTime(next_) - static_cast<std::int64_t>(layout_.header.guard_ns));
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
  dueThrough_ = grid_.tickAtOrBefore(houseNow_ + static_cast<std::int64_t>(layout_.header.guard_ns));
  lateThrough_ = grid_.tickAtOrBefore(houseNow_ - 1);
  leadThrough_ = grid_.tickAtOrBefore(houseNow_) + spec_.leadTicks;
}

/// Commits all that can be by now: submissions in line, and a stand-in for each tick that is due without one.
void Committer::settle() {
  if (closing_) return;
  readClock();
  lookAtLane();
  while (next_ >= 0) {
    if (takePending()) continue;
    if (next_ > dueThrough_) break;
    standIn(next_);
  }
  if (lane_) giveBack(lane_->looked());
  topUp();
}

/// Tells everyone what was settled. Waking is the one system call.
void Committer::finish() {
  if (published_ || counted_) store_.storeCounters(episodes_.counters());
  if (published_) store_.wake();
  published_ = false;
  counted_ = false;
  if (lane_) lane_->notify();
  if (episodes_.hasEvents()) {
    __atomic_fetch_add(&eventWord_, 1, __ATOMIC_RELEASE);
    futexWake(&eventWord_);
  }
}

/// Looks at each new submission once, at most a ring of them at a time: copies its head and gives a verdict.
void Committer::lookAtLane() {
  if (!lane_) return;
  for (std::uint32_t i = 0; i < lane_->capacity(); ++i) {
    rvfb_submission_head head;
    const std::uint64_t consumed = lane_->consumed();
    const std::uint64_t position = lane_->looked();
    const LaneEnd::Next next = lane_->look(head);
    if (next == LaneEnd::Next::none) return;
    if (next == LaneEnd::Next::broken) {
      for (std::uint64_t p = consumed; p != position; ++p) {
        Pending& dropped = pending_[p & (pending_.size() - 1)];
        if (dropped.accepted && !isReserved(dropped.head.buffer)) pool_.unrefer(dropped.head.buffer);
        dropped.accepted = false;
      }
      refuse(next_, RVFB_REFUSED_OUT_OF_ORDER);
      return;
    }
    giveBack(position);
    Pending& pending = pending_[position & (pending_.size() - 1)];
    pending.head = head;
    const std::uint32_t why = objectionTo(head);
    pending.accepted = why == 0;
    if (why != 0) {
      refuse(head.tick, why);
      continue;
    }
    lastSubmitted_ = head.tick;
    episodes_.onTaken();
    if (!isReserved(head.buffer)) pool_.refer(head.buffer);
  }
}

std::uint32_t Committer::objectionTo(const rvfb_submission_head& head) const {
  if (head.tick < 0 || head.tick <= lastSubmitted_) return RVFB_REFUSED_OUT_OF_ORDER;
  if (next_ >= 0 && head.tick < next_) return RVFB_REFUSED_TICK_TAKEN;
  if (head.tick > leadThrough_) return RVFB_REFUSED_TOO_FAR;
  if (!isReserved(head.buffer)) {
    if (!pool_.isLentTo(head.buffer, lane_->number()) || !showsWholePicture(head))
      return RVFB_REFUSED_BAD_PICTURE;
  }
  if (head.has_sound != 0 && head.sample_count != grid_.samplesIn(head.tick)) return RVFB_REFUSED_BAD_SOUND;
  return 0;
}

/// A cropped frame's planes begin somewhere inside the buffer and must end there too.
bool Committer::showsWholePicture(const rvfb_submission_head& head) const {
  const rvfb_format& f = layout_.header.format;
  for (std::uint32_t p = 0; p < f.plane_count; ++p) {
    const std::uint64_t shown =
        std::uint64_t{f.plane_stride[p]} * (f.plane_picture_rows[p] - 1) + f.plane_row_bytes[p];
    if (head.plane_offset[p] > f.picture_bytes || shown > f.picture_bytes - head.plane_offset[p])
      return false;
  }
  return true;
}

void Committer::refuse(std::int64_t tick, std::uint32_t why) {
  lane_->refuse(tick, why);
  episodes_.onRefused(tick, why);
  counted_ = true;
}

void Committer::giveBack(std::uint64_t upTo) {
  std::uint32_t buffer = 0;
  // Bounded, as a worker gone wild could give back for ever.
  for (std::uint32_t i = 0; i < pool_.size() && lane_->nextRelease(upTo, buffer); ++i) {
    pool_.giveBack(buffer, lane_->number());
  }
}

void Committer::topUp() {
  if (!lane_) return;
  const std::uint32_t wanted = kBuffersAtHand + spec_.directReferences;
  for (std::uint32_t i = lane_->waiting(); i < wanted; ++i) {
    const auto buffer = pool_.lend(lane_->number());
    if (!buffer) return;
    lane_->lend(*buffer, store_.lend(*buffer));
  }
}

/// Commits the submission at the front, and stand-ins for the ticks that it skips: a lane never goes back, so
/// they cannot come any more. False if there is none, or if the channel has not started.
bool Committer::takePending() {
  if (!lane_ || next_ < 0) return false;
  while (lane_->consumed() != lane_->looked()) {
    const std::uint64_t position = lane_->consumed();
    Pending& pending = pending_[position & (pending_.size() - 1)];
    const bool accepted = pending.accepted;
    if (accepted) {
      while (next_ < pending.head.tick) standIn(next_);
      if (pending.head.tick == next_) {
        commitSubmission(pending.head, position);
      } else {
        refuse(pending.head.tick, RVFB_REFUSED_TICK_TAKEN);
      }
      if (!isReserved(pending.head.buffer)) pool_.unrefer(pending.head.buffer);
      pending.accepted = false;
    }
    lane_->consume();
    if (accepted) return true;
  }
  return false;
}

void Committer::commitSubmission(const rvfb_submission_head& head, std::uint64_t position) {
  const rvfb_format& format = layout_.header.format;
  rvfb_slot slot{};
  slot.tick = head.tick;
  slot.buffer = head.buffer;
  slot.flags = head.flags;
  slot.stand_in_reason = head.stand_in_reason;
  slot.decoder_index = head.decoder_index;
  slot.media_time_ns = head.media_time_ns;
  slot.source_pts = head.source_pts;
  slot.source_tb_num = head.source_tb_num;
  slot.source_tb_den = head.source_tb_den;
  slot.source_index = head.source_index;
  std::memcpy(slot.segment_id, head.segment_id, sizeof slot.segment_id);
  slot.plan_revision = head.plan_revision;
  slot.decode_ns = head.decode_ns;
  slot.lane = lane_->number();
  std::memcpy(slot.plane_offset, isReserved(head.buffer) ? format.plane_offset : head.plane_offset,
              sizeof slot.plane_offset);
  const AssetPlace asset = assetOf(head, position);
  slot.asset_index = asset.index;
  slot.asset_generation = asset.generation;
  slot.silent_samples = std::min(head.silent_samples, grid_.samplesIn(head.tick));
  makeConsistent(slot);
  standIns_.noteAired(slot);
  std::uint64_t ancillary[RVFB_ANCILLARY_BYTES / 8];
  slot.ancillary_bytes = lane_->copyAncillary(position, head.ancillary_bytes, ancillary);
  const float* const* sound = nullptr;
  if (head.has_sound != 0) {
    for (std::uint32_t c = 0; c < format.channels; ++c) channels_[c] = lane_->sound(position, c);
    sound = channels_.data();
  }
  publish(slot, ancillary, sound);
  episodes_.onSubmitted();
}

/// Texts are copied when the key changes, and kept: the table's entry may be reused while the asset is off
/// air.
AssetPlace Committer::assetOf(const rvfb_submission_head& head, std::uint64_t position) {
  if (head.asset_key == 0) return {};
  if (head.asset_key != laneAsset_.key) {
    laneAsset_.key = head.asset_key;
    laneAsset_.uri.assign(lane_->uri(position), std::min(head.uri_bytes, RVFB_URI_BYTES));
    laneAsset_.title.assign(lane_->title(position), std::min(head.title_bytes, RVFB_TITLE_BYTES));
  } else if (assets_.use(laneAsset_.place, head.tick)) {
    return laneAsset_.place;
  }
  laneAsset_.place = assets_.placeOf(laneAsset_.uri, laneAsset_.title, head.tick, store_.oldest());
  return laneAsset_.place;
}

void Committer::standIn(std::int64_t tick) {
  const StandIn what = standIns_.standInAt(tick);
  rvfb_slot slot{};
  slot.tick = tick;
  slot.stand_in_reason = what.reason;
  slot.decoder_index = RVFB_NO_DECODER;
  slot.media_time_ns = RVFB_NO_TIME;
  slot.source_pts = RVFB_NO_TIME;
  slot.source_index = RVFB_NO_INDEX;
  slot.asset_index = RVFB_NO_ASSET;
  std::memcpy(slot.plane_offset, layout_.header.format.plane_offset, sizeof slot.plane_offset);
  switch (what.kind) {
    case StandInKind::hold: {
      const rvfb_slot& shown = standIns_.shown();
      slot.flags = RVFB_FLAG_HOLD;
      slot.buffer = shown.buffer;
      std::memcpy(slot.plane_offset, shown.plane_offset, sizeof slot.plane_offset);
      slot.media_time_ns = shown.media_time_ns;
      slot.source_pts = shown.source_pts;
      slot.source_tb_num = shown.source_tb_num;
      slot.source_tb_den = shown.source_tb_den;
      slot.source_index = shown.source_index;
      break;
    }
    case StandInKind::slate:
      slot.flags = RVFB_FLAG_SLATE;
      slot.buffer = RVFB_BUFFER_SLATE;
      break;
    case StandInKind::black:
      slot.flags = RVFB_FLAG_BLACK;
      slot.buffer = RVFB_BUFFER_BLACK;
      break;
  }
  slot.silent_samples = grid_.samplesIn(tick);
  if (Expectation* expectation = what.expectation) {
    std::memcpy(slot.segment_id, expectation->segmentId.data(), sizeof slot.segment_id);
    slot.plan_revision = expectation->planRevision;
    if (expectation->firstTick == tick) slot.flags |= RVFB_FLAG_FIRST_OF_SEGMENT;
    if (expectation->pad) {
      slot.flags |= RVFB_FLAG_PAD;
      slot.silent_samples = 0;
    }
    if (!expectation->placed || !assets_.use(expectation->place, tick)) {
      expectation->place =
          assets_.placeOf(expectation->assetUri, expectation->assetTitle, tick, store_.oldest());
      expectation->placed = true;
    }
    slot.asset_index = expectation->place.index;
    slot.asset_generation = expectation->place.generation;
  }
  publish(slot, nullptr, fadeOut(tick));
}

/// From the last sample that was heard to nothing; null where it was nothing already.
const float* const* Committer::fadeOut(std::int64_t tick) {
  if (std::all_of(lastSample_.begin(), lastSample_.end(), [](float sample) { return sample == 0; }))
    return nullptr;
  const std::uint32_t samples = grid_.samplesIn(tick);
  const std::uint32_t length = std::min(samples, grid_.sampleRate / kFadePerSecond);
  for (std::uint32_t c = 0; c < spec_.channels; ++c) {
    float* const channel = fade_.data() + std::size_t{c} * grid_.samplesMax();
    std::fill(channel, channel + samples, 0.0f);
    for (std::uint32_t i = 0; i < length; ++i) {
      channel[i] = lastSample_[c] * static_cast<float>(length - 1 - i) / static_cast<float>(length);
    }
    channels_[c] = channel;
  }
  return channels_.data();
}

void Committer::noteSound(const float* const* sound, std::uint32_t samples) {
  for (std::uint32_t c = 0; c < spec_.channels; ++c) {
    const float last = sound == nullptr || samples == 0 ? 0.0f : sound[c][samples - 1];
    lastSample_[c] = std::isfinite(last) ? last : 0.0f;
  }
}

/// The order of rules 4 and 1: retire, sound, slot, head.
void Committer::publish(rvfb_slot& slot, const std::uint64_t* ancillary, const float* const* sound) {
  const std::int64_t tick = slot.tick;
  const auto slotCount = static_cast<std::int64_t>(layout_.header.slot_count);
  // Referred to before the oldest tick lets go, so that a hold keeps its buffer even in the shortest ring.
  if (!isReserved(slot.buffer)) {
    pool_.refer(slot.buffer);
    slot.buffer_generation = store_.generation(slot.buffer);
  }
  const std::int64_t readable = std::int64_t{spec_.leadTicks} + spec_.historyTicks + 1;
  const std::int64_t retiredFrom = store_.oldest();
  const std::int64_t oldest = std::max(retiredFrom, tick - readable + 1);
  if (oldest > retiredFrom) {
    store_.retire(oldest);
    for (std::int64_t retired = retiredFrom; retired < oldest; ++retired) {
      std::uint32_t& buffer = slotBuffers_[static_cast<std::size_t>(retired % slotCount)];
      if (!isReserved(buffer)) pool_.unrefer(buffer);
      buffer = RVFB_BUFFER_BLACK;
    }
  }
  slotBuffers_[static_cast<std::size_t>(tick % slotCount)] = slot.buffer;

  slot.house_time_ns = grid_.tickTime(tick);
  slot.sample_start = grid_.sampleAt(tick);
  slot.sample_count = grid_.samplesIn(tick);
  slot.commit_mono_ns = monoNow();
  if (tick <= lateThrough_) episodes_.onLate();
  next_ = tick + 1;
  store_.storeSound(slot.sample_start, slot.sample_count, sound);
  noteSound(sound, slot.sample_count);
  store_.storeSlot(slot, ancillary);
  store_.publish(tick);
  episodes_.onCommit(tick, slot.flags, slot.stand_in_reason);
  published_ = true;
}

}  // namespace retrovue::framebus
