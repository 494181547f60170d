#include "episodes.h"

#include <algorithm>
#include <utility>

namespace retrovue::framebus {
namespace {

/// The plan has nothing there, or the asset has no picture: nothing is amiss.
bool isAsPlanned(std::uint32_t reason) {
  return reason == RVFB_REASON_PLANNED || reason == RVFB_REASON_SOUND_ONLY;
}

}  // namespace

void Episodes::onCommit(const rvfb_slot& slot) {
  ++counters_.committed;
  const std::uint32_t kind = slot.flags & (RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK);
  const std::uint32_t reason = std::min<std::uint32_t>(slot.stand_in_reason, RVFB_REASON_LAST);
  if (slot.silent_samples == 0) air_.soundThrough = slot.tick;
  if ((kind & RVFB_FLAG_HOLD) != 0) {
    ++counters_.holds;
    ++air_.standIns[0][reason];
  } else if ((kind & RVFB_FLAG_SLATE) != 0) {
    ++counters_.slates;
    ++air_.standIns[1][reason];
  } else if (kind != 0) {
    ++counters_.blacks;
    ++air_.standIns[2][reason];
  }
  if (kind != 0 && !isAsPlanned(reason)) {
    const bool begins = standInTicks_++ == 0;
    const bool changes = kind != kind_ || reason != reason_;
    if (begins) {
      from_ = slot.tick;
      firstKind_ = kind;
      firstReason_ = reason;
    }
    if (begins || changes) since_ = slot.tick;
    kind_ = kind;
    reason_ = reason;
    if (begins)
      tell({CommitterEvent::Type::standInBegan, slot.tick, kind, reason, 0});
    else if (changes)
      tell({CommitterEvent::Type::standInChanged, slot.tick, kind, reason, 0});
  } else if (standInTicks_ > 0) {
    tell({CommitterEvent::Type::standInEnded, slot.tick, 0, 0, standInTicks_});
    standInTicks_ = 0;
  }
}

void Episodes::onRefused(std::int64_t tick, std::uint32_t why) {
  ++counters_.refused;
  if (refusing_ == why) return;
  refusing_ = why;
  // The counter has those that are left out. Episodes are what the engine acts on.
  if (count_ < kRefusalsMax) push({CommitterEvent::Type::refused, tick, why, 0, 0});
}

void Episodes::tell(const CommitterEvent& event) {
  const bool isEnd = event.type == CommitterEvent::Type::standInEnded;
  if (!missed_ && count_ < kEventsMax) {
    push(event);
    isTold_ = !isEnd;
    return;
  }
  missed_ = true;
  if (isEnd && isTold_ && !toldsEnd_) toldsEnd_ = event;
}

void Episodes::push(const CommitterEvent& event) {
  events_[(head_ + count_) % kEventsMax] = event;
  ++count_;
}

std::optional<CommitterEvent> Episodes::next() {
  if (count_ == 0) return missed_ ? nextAfterMissed() : std::nullopt;
  const CommitterEvent event = events_[head_];
  head_ = (head_ + 1) % kEventsMax;
  --count_;
  return event;
}

/// What leads from all that was told to how it stands. Of an episode that changed more than once meanwhile its first kind is told up to its last.
std::optional<CommitterEvent> Episodes::nextAfterMissed() {
  if (toldsEnd_) {
    isTold_ = false;
    return std::exchange(toldsEnd_, std::nullopt);
  }
  missed_ = standInTicks_ > 0 && !isTold_ && since_ != from_;
  if (standInTicks_ == 0) return std::nullopt;
  if (isTold_) return CommitterEvent{CommitterEvent::Type::standInChanged, since_, kind_, reason_, 0};
  isTold_ = true;
  return CommitterEvent{CommitterEvent::Type::standInBegan, from_, firstKind_, firstReason_, 0};
}

}  // namespace retrovue::framebus
