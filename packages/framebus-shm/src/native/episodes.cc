#include "episodes.h"

namespace retrovue::framebus {

void Episodes::onCommit(std::int64_t tick, std::uint32_t flags, std::uint32_t reason) {
  ++counters_.committed;
  const std::uint32_t kind = flags & (RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK);
  if ((kind & RVFB_FLAG_HOLD) != 0) ++counters_.holds;
  if ((kind & RVFB_FLAG_SLATE) != 0) ++counters_.slates;
  if ((kind & RVFB_FLAG_BLACK) != 0) ++counters_.blacks;
  if (kind != 0 && reason != RVFB_REASON_PLANNED) {
    if (standInTicks_++ == 0) post({CommitterEvent::Type::standInBegan, tick, kind, reason, 0});
  } else if (standInTicks_ > 0) {
    post({CommitterEvent::Type::standInEnded, tick, 0, 0, standInTicks_});
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
