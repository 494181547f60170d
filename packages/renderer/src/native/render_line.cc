#include "render_line.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "constant_muxer.h"
#include "ts_muxer.h"

namespace retrovue::renderer {
namespace {

/// A tick is taken at most this long before its time (timing.md: never more than 500 ms ahead); a little less than the
/// 500 ms by which channels submit, so that what is taken together is there.
constexpr std::int64_t kAheadNs = 450'000'000;
/// As many ticks as are about so long are taken together, at the time of the last: an encoder that runs once for three pictures keeps its
/// caches, where one that is woken for each begins cold (a tenth of its computing time, docs/benchmarks.md).
constexpr std::int64_t kGroupNs = 100'000'000;
constexpr std::int64_t kSkipNs = 400'000'000;
constexpr std::int64_t kCaughtUpNs = 50'000'000;
constexpr std::int64_t kJumpNs = 1'000'000'000;
/// How long one call waits for a tick before others are looked after.
constexpr std::int64_t kWaitNs = 100'000'000;
/// A tick that is not on the bus so long after its time will not come: the bus has ended, or stands still. What follows it then is
/// not waited for beyond its own time either, less what it takes to be made.
constexpr std::int64_t kGivenUpNs = 200'000'000;
constexpr std::int64_t kFillNs = 10'000'000;

}  // namespace

Expected<std::unique_ptr<RenderLine>> RenderLine::open(const EncodeSpec& spec, LeaveTimes times, TickSource& source,
                                                       HouseClock& clock, Events events) {
  auto pictures = PictureEncoder::open(spec);
  if (!pictures) return pictures.failure();
  auto sounds = SoundEncoder::open(spec);
  if (!sounds) return sounds.failure();
  return std::unique_ptr<RenderLine>(new RenderLine(spec, times, source, clock, std::move(events),
                                                    std::move(*pictures), std::move(*sounds)));
}

RenderLine::RenderLine(const EncodeSpec& spec, LeaveTimes times, TickSource& source, HouseClock& clock,
                       Events events, PictureEncoder pictures, SoundEncoder sounds)
    : spec_(spec),
      groupTicks_(std::max<std::int64_t>(1, (kGroupNs + spec.grid.tickTime(1) / 2) / spec.grid.tickTime(1))),
      source_(source),
      clock_(clock),
      events_(std::move(events)),
      pictures_(std::move(pictures)),
      sounds_(std::move(sounds)),
      muxer_(spec.muxBitsPerSecond > 0 ? std::unique_ptr<Muxer>(std::make_unique<ConstantMuxer>(spec))
                                       : std::make_unique<TsMuxer>(spec)),
      pacer_(spec.grid, times, clock, events_.onLeft),
      thread_([this] { loop(); }) {}

RenderLine::~RenderLine() {
  stop();
}

void RenderLine::stop() {
  stopping_.store(true);
  source_.stop();
  clock_.wake();
  pacer_.stop();
  if (thread_.joinable()) thread_.join();
}

std::optional<Failure> RenderLine::failure() {
  const std::scoped_lock lock(mutex_);
  return failure_;
}

void RenderLine::loop() {
  ::pthread_setname_np(::pthread_self(), "rv-encoder");
  std::int64_t tick = kOnAir;
  while (!stopping_.load()) {
    const auto next = step(tick);
    if (next) {
      tick = *next;
      continue;
    }
    {
      const std::scoped_lock lock(mutex_);
      failure_ = next.failure();
    }
    events_.onFailed();
    return;
  }
}

std::int64_t RenderLine::catchUp(std::int64_t tick, std::int64_t now) {
  if (now - spec_.grid.tickTime(tick) <= kJumpNs) return tick;
  const std::int64_t aired = spec_.grid.tickAtOrBefore(now);
  counters_.missed.fetch_add(static_cast<std::uint64_t>(aired - tick), std::memory_order_relaxed);
  isSettled_ = false;
  return aired;
}

Expected<std::int64_t> RenderLine::step(std::int64_t tick) {
  if (tick != kOnAir) {
    const std::int64_t lastOfGroup = tick - tick % groupTicks_ + groupTicks_ - 1;
    const std::int64_t takeAt = spec_.grid.tickTime(lastOfGroup) - kAheadNs;
    if (!clock_.waitUntil(takeAt, [this] { return stopping_.load(); })) return tick;
    tick = catchUp(tick, clock_.now());
  }
  TakenTick taken;
  const bool mayFill = tick != kOnAir && source_.knowsTheBus();
  const std::int64_t waitNs = mayFill ? std::clamp<std::int64_t>(fillAt(tick) - clock_.now(), 0, kWaitNs) : kWaitNs;
  switch (source_.take(tick, waitNs, taken)) {
    case Take::notYet:
    case Take::replaced:
      return mayFill ? fill(tick) : tick;
    case Take::ended:
      return tick;
    case Take::incompatible:
      return Failure{"BusIncompatible", "The bus has another program format than the renderer was opened for.", 0};
    case Take::overrun: {
      if (tick == kOnAir) return tick;
      // At least one on: what cannot be read now cannot be read later.
      const std::int64_t next = std::max(source_.oldest(), tick + 1);
      counters_.missed.fetch_add(static_cast<std::uint64_t>(next - tick), std::memory_order_relaxed);
      return next;
    }
    case Take::taken:
      break;
  }
  isFilling_ = false;
  const std::int64_t now = clock_.now();
  counters_.frameGapNs.store(now - spec_.grid.tickTime(taken.tick), std::memory_order_relaxed);
  const auto encoded = encode(taken, now);
  if (!source_.release(taken) || !taken.soundIntact) counters_.torn.fetch_add(1, std::memory_order_relaxed);
  if (!encoded) return encoded.failure();
  return taken.tick + 1;
}

std::int64_t RenderLine::fillAt(std::int64_t tick) const {
  return pacer_.leaveTime(tick) + (isFilling_ ? -kFillNs : kGivenUpNs);
}

/// The stream goes on without the bus: receivers keep their clock, and hear silence.
Expected<std::int64_t> RenderLine::fill(std::int64_t tick) {
  if (clock_.now() < fillAt(tick)) return tick;
  isFilling_ = true;
  counters_.missed.fetch_add(1, std::memory_order_relaxed);
  goOnAt(tick);
  const auto start = static_cast<std::int64_t>(spec_.grid.sampleAt(tick));
  if (auto done = sounds_.encode(start, nullptr, spec_.grid.samplesIn(tick), soundUnits_); !done) return done.failure();
  send(tick);
  return tick + 1;
}

void RenderLine::goOnAt(std::int64_t tick) {
  if (muxer_->goOnAt(tick)) pictures_.restart();
}

Expected<void> RenderLine::encode(const TakenTick& taken, std::int64_t takenAt) {
  const std::int64_t lateNs = takenAt - spec_.grid.tickTime(taken.tick);
  isSkipping_ = isSettled_ && lateNs > (isSkipping_ ? kCaughtUpNs : kSkipNs);
  goOnAt(taken.tick);
  const bool hasRoom = muxer_->backlogNs() <= kBacklogMaxNs;
  if (!hasRoom && !isSkipping_) counters_.overflows.fetch_add(1, std::memory_order_relaxed);
  if (isSkipping_ || !hasRoom) {
    counters_.missed.fetch_add(1, std::memory_order_relaxed);
  } else {
    if (auto done = pictures_.encode(taken, pictureUnits_); !done) return done;
    counters_.encoded.fetch_add(1, std::memory_order_relaxed);
  }
  if (auto done = sounds_.encode(taken.sampleStart, taken.sound.data(), taken.samples, soundUnits_); !done) return done;
  const bool isLate = send(taken.tick);
  if (isLate && isSettled_) counters_.late.fetch_add(1, std::memory_order_relaxed);
  isSettled_ = isSettled_ || !isLate;
  count(clock_.now() - takenAt);
  return {};
}

bool RenderLine::send(std::int64_t tick) {
  TickBytes bytes = pacer_.lend();
  muxer_->write(tick, pictureUnits_.all(), soundUnits_.all(), bytes);
  pictureUnits_.recycle();
  soundUnits_.recycle();
  counters_.overflows.fetch_add(bytes.overdue + bytes.soundsDropped, std::memory_order_relaxed);
  return pacer_.push(std::move(bytes));
}

void RenderLine::count(std::int64_t latencyNs) {
  const auto bound = std::lower_bound(kLatencyBoundsNs.begin(), kLatencyBoundsNs.end(), latencyNs);
  counters_.latency[static_cast<std::size_t>(bound - kLatencyBoundsNs.begin())].fetch_add(1, std::memory_order_relaxed);
  counters_.latencyNsSum.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, latencyNs)),
                                   std::memory_order_relaxed);
}

}  // namespace retrovue::renderer
