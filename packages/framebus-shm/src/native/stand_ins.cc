#include "stand_ins.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace retrovue::framebus {
namespace {

constexpr std::size_t kExpectationsMax = 65;
constexpr std::uint32_t kStandInFlags = RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK;

}  // namespace

void StandIns::expect(std::vector<Expectation> entries, std::int64_t next) {
  if (entries.empty()) return;
  const std::int64_t first = entries.front().firstTick;
  // Kept: what lies before the new ones and is not over. The entry in force at `next` is the last that began
  // by then.
  std::vector<Expectation> kept;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool isOver = i + 1 < entries_.size() && entries_[i + 1].firstTick <= next;
    if (!isOver && entries_[i].firstTick < first) kept.push_back(std::move(entries_[i]));
  }
  std::move(entries.begin(), entries.end(), std::back_inserter(kept));
  if (kept.size() > kExpectationsMax) kept.resize(kExpectationsMax);
  entries_ = std::move(kept);
}

Expectation* StandIns::at(std::int64_t tick) {
  Expectation* found = nullptr;
  for (auto& entry : entries_) {
    if (entry.firstTick > tick) break;
    found = &entry;
  }
  return found;
}

StandIn StandIns::standInAt(std::int64_t tick) {
  Expectation* expectation = at(tick);
  standing_ = true;
  if (expectation != nullptr && expectation->pad) {
    canHold_ = false;
    return {StandInKind::black, RVFB_REASON_PLANNED, expectation};
  }
  // "Planned" would be untrue outside a pad, and "none" anywhere; "starved" is what the committer itself has
  // seen.
  const bool unsaid = reason == RVFB_REASON_NONE || reason == RVFB_REASON_PLANNED;
  const std::uint32_t told = unsaid ? std::uint32_t{RVFB_REASON_STARVED} : reason;
  const bool holds = canHold_ && expectation != nullptr &&
                     std::memcmp(shown_.segment_id, expectation->segmentId.data(), 16) == 0 &&
                     shown_.tick >= expectation->firstTick && heldTicks_ < policy.holdTicksMax;
  if (holds) {
    ++heldTicks_;
    return {StandInKind::hold, told, expectation};
  }
  canHold_ = false;
  return {policy.after, told, expectation};
}

rvfb_slot StandIns::slotOf(const StandIn& what, std::int64_t tick, const rvfb_format& format) const {
  rvfb_slot slot{};
  slot.tick = tick;
  slot.stand_in_reason = what.reason;
  slot.decoder_index = RVFB_NO_DECODER;
  slot.media_time_ns = RVFB_NO_TIME;
  slot.source_pts = RVFB_NO_TIME;
  slot.source_index = RVFB_NO_INDEX;
  slot.asset_index = RVFB_NO_ASSET;
  std::memcpy(slot.plane_offset, format.plane_offset, sizeof slot.plane_offset);
  switch (what.kind) {
    case StandInKind::hold:
      slot.flags = RVFB_FLAG_HOLD;
      slot.buffer = shown_.buffer;
      std::memcpy(slot.plane_offset, shown_.plane_offset, sizeof slot.plane_offset);
      slot.media_time_ns = shown_.media_time_ns;
      slot.source_pts = shown_.source_pts;
      slot.source_tb_num = shown_.source_tb_num;
      slot.source_tb_den = shown_.source_tb_den;
      slot.source_index = shown_.source_index;
      break;
    case StandInKind::slate:
      slot.flags = RVFB_FLAG_SLATE;
      slot.buffer = RVFB_BUFFER_SLATE;
      break;
    case StandInKind::black:
      slot.flags = RVFB_FLAG_BLACK;
      slot.buffer = RVFB_BUFFER_BLACK;
      break;
  }
  if (const Expectation* expectation = what.expectation) {
    std::memcpy(slot.segment_id, expectation->segmentId.data(), sizeof slot.segment_id);
    slot.plan_revision = expectation->planRevision;
    // Where the plan has nothing there is no segment to be the first tick of.
    const bool hasSegment = expectation->segmentId != std::array<std::uint8_t, 16>{};
    if (hasSegment && expectation->firstTick == tick) slot.flags |= RVFB_FLAG_FIRST_OF_SEGMENT;
    if (expectation->pad) slot.flags |= RVFB_FLAG_PAD;
  }
  return slot;
}

void StandIns::noteAired(rvfb_slot& slot) {
  const bool byName = slot.buffer == RVFB_BUFFER_SLATE || slot.buffer == RVFB_BUFFER_BLACK;
  const bool planned = (slot.flags & kStandInFlags) == 0;
  if (standing_ && planned) slot.flags |= RVFB_FLAG_DISCONTINUITY;
  standing_ = false;
  if (byName || (slot.flags & (RVFB_FLAG_PAD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK)) != 0) {
    canHold_ = false;
  } else if (planned) {
    shown_ = slot;
    canHold_ = true;
    heldTicks_ = 0;
  } else if (canHold_) {
    ++heldTicks_;
    // A worker holds with whatever buffer it likes; ours would go on with that one.
    shown_.buffer = slot.buffer;
    std::memcpy(shown_.plane_offset, slot.plane_offset, sizeof slot.plane_offset);
  }
}

}  // namespace retrovue::framebus
