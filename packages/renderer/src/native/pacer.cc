#include "pacer.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "ts_packets.h"

namespace retrovue::renderer {
namespace {

/// When nothing waits: beyond every date (the year 2096), and far from where nanoseconds overflow.
constexpr std::int64_t kNever = 4'000'000'000'000'000'000;
/// Above ordinary threads, below the committer, whose ticks everything waits for.
constexpr int kRealtimePriority = 5;

}  // namespace

Pacer::Pacer(const HouseGrid& grid, LeaveTimes times, HouseClock& clock, std::function<void()> onLeft)
    : grid_(grid), times_(times), clock_(clock), onLeft_(std::move(onLeft)), thread_([this] { loop(); }) {}

Pacer::~Pacer() {
  stop();
}

void Pacer::stop() {
  stopping_.store(true);
  clock_.wake();
  {
    const std::scoped_lock lock(mutex_);
    room_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

TickBytes Pacer::lend() {
  const std::scoped_lock lock(mutex_);
  if (spare_.empty()) return {};
  TickBytes tick = std::move(spare_.back());
  spare_.pop_back();
  return tick;
}

void Pacer::recycle(TickBytes tick) {
  tick.clear();
  if (spare_.size() < kWaitingMax) spare_.push_back(std::move(tick));
}

bool Pacer::push(TickBytes tick) {
  const bool isLate = clock_.now() > leaveTime(tick.tick);
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return waiting_ < kWaitingMax || stopping_.load(); });
    if (stopping_.load()) return false;
    ticks_.push_back({std::move(tick), 0, 0});
    // Ticks come in order: while one waits, the time that the thread sleeps to is the same as before.
    if (++waiting_ > 1) return isLate;
    hasNews_.store(true);
  }
  clock_.wake();
  return isLate;
}

std::int64_t Pacer::portionTime(const TickBytes& tick, std::size_t portion) const {
  const std::int64_t from = grid_.tickTime(tick.tick), to = grid_.tickTime(tick.tick + 1);
  return from + (to - from) * static_cast<std::int64_t>(portion) / static_cast<std::int64_t>(tick.portions.size()) -
         times_.leadNs;
}

std::size_t Pacer::endOf(const TickBytes& tick, std::size_t portion) {
  return portion + 1 < tick.portions.size() ? tick.portions[portion + 1] : tick.bytes.size();
}

void Pacer::loop() {
  sched_param parameters{};
  parameters.sched_priority = kRealtimePriority;
  realtime_.store(::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &parameters) == 0);
  ::pthread_setname_np(::pthread_self(), "rv-pacer");
  while (!stopping_.load()) {
    std::int64_t next = kNever;
    bool hasLeft = false;
    {
      const std::scoped_lock lock(mutex_);
      hasNews_.store(false);
      hasLeft = letGo();
      if (waiting_ > 0) {
        const Waiting& first = ticks_[ticks_.size() - waiting_];
        next = portionTime(first.tick, first.portionsLeft);
      }
    }
    if (hasLeft) onLeft_();
    clock_.waitUntil(next, [this] { return stopping_.load() || hasNews_.load(); });
  }
}

/// Once something is due, lets it go with all that follows within a burst; true if there is something to fetch.
bool Pacer::letGo() {
  bool any = false;
  std::int64_t until = clock_.now();
  bool isDue = false;
  while (waiting_ > 0) {
    Waiting& first = ticks_[ticks_.size() - waiting_];
    if (portionTime(first.tick, first.portionsLeft) > until) break;
    if (!isDue) until += times_.burstNs;
    isDue = true;
    const std::size_t from = first.tick.portions[first.portionsLeft];
    const std::size_t end = endOf(first.tick, first.portionsLeft);
    ++first.portionsLeft;
    std::size_t kept = from;
    if (const auto start = first.tick.randomAccess; isDropping_ && start && *start >= from && *start < end) {
      isDropping_ = false;
      first.fetched = kept = *start;
    }
    if (isDropping_) {
      first.fetched = end;
    } else {
      leftBytes_ += end - kept;
      any = true;
    }
    bytesLeft_.fetch_add(end - from, std::memory_order_relaxed);
    if (first.portionsLeft == first.tick.portions.size()) {
      --waiting_;
      room_.notify_all();
    }
    if (leftBytes_ > kLeftBytesMax) isDropping_ = true;
    if (!isDropping_) continue;
    dropLeft();
    any = false;
  }
  return any;
}

/// Nobody fetches: throws away all that has left, and everything to come up to the next random access point.
void Pacer::dropLeft() {
  const std::size_t gone = ticks_.size() - waiting_;
  for (std::size_t i = 0; i < gone; ++i) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    recycle(std::move(ticks_.front().tick));
    ticks_.pop_front();
  }
  if (waiting_ > 0 && ticks_.front().portionsLeft > 0)
    ticks_.front().fetched = endOf(ticks_.front().tick, ticks_.front().portionsLeft - 1);
  leftBytes_ = 0;
}

std::size_t Pacer::fetch(std::span<std::uint8_t> into, std::span<Portion> portions) {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0, filled = 0;
  while (!ticks_.empty() && count < portions.size()) {
    Waiting& first = ticks_.front();
    const TickBytes& tick = first.tick;
    const std::size_t end = first.portionsLeft == 0 ? 0 : endOf(tick, first.portionsLeft - 1);
    if (first.fetched < end) {
      // Up to the end of the portion that was begun.
      std::size_t portion = 0;
      while (endOf(tick, portion) <= first.fetched) ++portion;
      // Where a viewer may start something of its own begins.
      const bool isBefore = tick.randomAccess && first.fetched < *tick.randomAccess;
      const std::size_t pieceEnd = isBefore ? std::min(endOf(tick, portion), *tick.randomAccess) : endOf(tick, portion);
      const std::size_t room = (into.size() - filled) / kTsPacketBytes * kTsPacketBytes;
      const std::size_t bytes = std::min(pieceEnd - first.fetched, room);
      if (bytes == 0 || (bytes < pieceEnd - first.fetched && count > 0)) break;
      std::memcpy(into.data() + filled, tick.bytes.data() + first.fetched, bytes);
      portions[count++] = {filled, bytes, tick.randomAccess == first.fetched, tick.tick};
      filled += bytes;
      first.fetched += bytes;
      leftBytes_ -= std::min(bytes, leftBytes_);
      continue;
    }
    if (first.portionsLeft < tick.portions.size()) break;
    recycle(std::move(first.tick));
    ticks_.pop_front();
  }
  return count;
}

}  // namespace retrovue::renderer
