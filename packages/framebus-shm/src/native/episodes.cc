#include "episodes.h"

#include <algorithm>

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
    if (standInTicks_++ == 0)
      post({CommitterEvent::Type::standInBegan, slot.tick, kind, reason, 0});
    else if (kind != kind_ || reason != reason_)
      post({CommitterEvent::Type::standInChanged, slot.tick, kind, reason, 0});
    kind_ = kind;
    reason_ = reason;
  } else if (standInTicks_ > 0) {
    post({CommitterEvent::Type::standInEnded, slot.tick, 0, 0, standInTicks_});
    standInTicks_ = 0;
  }
}

void Episodes::onRefused(std::int64_t tick, std::uint32_t why) {
  ++counters_.refused;
  if (refusing_ == why) return;
  refusing_ = why;
  post({CommitterEvent::Type::refused, tick, why, 0, 0});
}

void Episodes::post(const CommitterEvent& event) {
  if (count_ == kEventsMax) return;
  events_[(head_ + count_) % kEventsMax] = event;
  ++count_;
}

std::optional<CommitterEvent> Episodes::next() {
  if (count_ == 0) return std::nullopt;
  const CommitterEvent event = events_[head_];
  head_ = (head_ + 1) % kEventsMax;
  --count_;
  return event;
}

}  // namespace retrovue::framebus
