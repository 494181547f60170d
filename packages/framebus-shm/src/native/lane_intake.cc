#include "lane_intake.h"

#include <retrovue/frame_bus_checks.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace retrovue::framebus {
namespace {

/// Buffers that a lane has at hand beside its decoder's references: the four of `bufferCount`. The rest stays
/// with the committer, so that pictures which readers still look at are drawn on as late as possible.
constexpr std::uint32_t kBuffersAtHand = 4;

constexpr std::uint32_t kStandInFlags = RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK;
constexpr std::uint32_t kAllFlags = RVFB_FLAG_REPEAT | kStandInFlags | RVFB_FLAG_PAD |
                                    RVFB_FLAG_FIRST_OF_SEGMENT | RVFB_FLAG_DISCONTINUITY | RVFB_FLAG_LATE;

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

LaneIntake::LaneIntake(const Layout& layout, const HouseGrid& grid, std::uint32_t directReferences,
                       BusStore& store, PicturePool& pool, AssetBook& assets, Episodes& episodes)
    : format_(layout.header.format),
      grid_(grid),
      buffersAtHand_(kBuffersAtHand + directReferences),
      store_(store),
      pool_(pool),
      episodes_(episodes),
      assets_(assets),
      pending_(layout.lane.submission_count),
      channels_(layout.header.format.channels) {
  laneAsset_.uri.reserve(RVFB_URI_BYTES);
  laneAsset_.title.reserve(RVFB_TITLE_BYTES);
}

void LaneIntake::open(std::unique_ptr<LaneEnd> lane) {
  lane_ = std::move(lane);
  lastSubmitted_ = -1;
  laneAsset_.key = 0;
}

void LaneIntake::drop(std::uint32_t state) {
  if (!lane_) return;
  dropPending(lane_->consumed(), lane_->looked());
  lane_->setState(state);
  while (const auto buffer = lane_->withdraw()) pool_.giveBack(*buffer, lane_->number());
  lane_->unlink();
  dropped_.push_back(std::move(lane_));
}

std::vector<std::unique_ptr<LaneEnd>> LaneIntake::takeDropped() {
  return std::exchange(dropped_, {});
}

void LaneIntake::dropPending(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t position = from; position != to; ++position) {
    Pending& pending = pendingAt(position);
    if (pending.accepted && !isReserved(pending.head.buffer)) pool_.unrefer(pending.head.buffer);
    pending.accepted = false;
  }
}

void LaneIntake::look(std::int64_t next, std::int64_t leadThrough) {
  if (!lane_) return;
  for (std::uint32_t i = 0; i < lane_->capacity(); ++i) {
    rvfb_submission_head head;
    const std::uint64_t consumed = lane_->consumed();
    const std::uint64_t position = lane_->looked();
    const LaneEnd::Next found = lane_->look(head);
    if (found == LaneEnd::Next::none) return;
    if (found == LaneEnd::Next::broken) {
      dropPending(consumed, position);
      refuse(next, RVFB_REFUSED_OUT_OF_ORDER);
      return;
    }
    // What was released before this was handed over is no longer the lane's to show.
    giveBack(position);
    Pending& pending = pendingAt(position);
    pending.head = head;
    const std::uint32_t why = objectionTo(head, next, leadThrough);
    pending.accepted = why == 0;
    if (why != 0) {
      refuse(head.tick, why);
      continue;
    }
    lastSubmitted_ = head.tick;
    episodes_.onTaken();
    // Referred to while it waits, whatever the worker releases meanwhile.
    if (!isReserved(head.buffer)) pool_.refer(head.buffer);
  }
}

std::uint32_t LaneIntake::objectionTo(const rvfb_submission_head& head, std::int64_t next,
                                      std::int64_t leadThrough) const {
  if (head.tick < 0 || head.tick <= lastSubmitted_) return RVFB_REFUSED_OUT_OF_ORDER;
  if (next >= 0 && head.tick < next) return RVFB_REFUSED_TICK_TAKEN;
  if (head.tick > leadThrough) return RVFB_REFUSED_TOO_FAR;
  if (!isReserved(head.buffer)) {
    if (!pool_.isLentTo(head.buffer, lane_->number()) || !showsWholePicture(head))
      return RVFB_REFUSED_BAD_PICTURE;
  }
  if (head.has_sound != 0 && head.sample_count != grid_.samplesIn(head.tick)) return RVFB_REFUSED_BAD_SOUND;
  return 0;
}

/// A cropped frame's planes begin at some sample inside the buffer and must end there too.
bool LaneIntake::showsWholePicture(const rvfb_submission_head& head) const {
  for (std::uint32_t p = 0; p < format_.plane_count; ++p) {
    const std::uint64_t shown = std::uint64_t{format_.plane_stride[p]} * (format_.plane_picture_rows[p] - 1) +
                                format_.plane_row_bytes[p];
    if (head.plane_offset[p] > format_.picture_bytes ||
        shown > format_.picture_bytes - head.plane_offset[p] ||
        head.plane_offset[p] % rvfb_sample_bytes(format_.pixel_format) != 0) {
      return false;
    }
  }
  return true;
}

void LaneIntake::refuse(std::int64_t tick, std::uint32_t why) {
  lane_->refuse(tick, why);
  episodes_.onRefused(tick, why);
}

const rvfb_submission_head* LaneIntake::front() {
  if (!lane_) return nullptr;
  while (lane_->consumed() != lane_->looked()) {
    const Pending& pending = pendingAt(lane_->consumed());
    if (pending.accepted) return &pending.head;
    lane_->consume();
  }
  return nullptr;
}

rvfb_slot LaneIntake::slotOfFront(std::uint64_t* ancillary) {
  const std::uint64_t position = lane_->consumed();
  const rvfb_submission_head& head = pendingAt(position).head;
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
  std::memcpy(slot.plane_offset, isReserved(head.buffer) ? format_.plane_offset : head.plane_offset,
              sizeof slot.plane_offset);
  const AssetPlace asset = assetOf(head, position);
  slot.asset_index = asset.index;
  slot.asset_generation = asset.generation;
  slot.silent_samples = std::min(head.silent_samples, grid_.samplesIn(head.tick));
  slot.ancillary_bytes = lane_->copyAncillary(position, head.ancillary_bytes, ancillary);
  makeConsistent(slot);
  return slot;
}

/// Texts are copied when the key changes, and kept: the table's entry may be reused while the asset is off
/// air.
AssetPlace LaneIntake::assetOf(const rvfb_submission_head& head, std::uint64_t position) {
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

const float* const* LaneIntake::soundOfFront() {
  const std::uint64_t position = lane_->consumed();
  if (pendingAt(position).head.has_sound == 0) return nullptr;
  for (std::uint32_t c = 0; c < channels_.size(); ++c) channels_[c] = lane_->sound(position, c);
  return channels_.data();
}

void LaneIntake::consumeFront() {
  Pending& pending = pendingAt(lane_->consumed());
  if (pending.accepted && !isReserved(pending.head.buffer)) pool_.unrefer(pending.head.buffer);
  pending.accepted = false;
  lane_->consume();
}

void LaneIntake::giveBack(std::uint64_t upTo) {
  std::uint32_t buffer = 0;
  // Bounded, as a worker gone wild could give back for ever.
  for (std::uint32_t i = 0; i < pool_.size() && lane_->nextRelease(upTo, buffer); ++i) {
    pool_.giveBack(buffer, lane_->number());
  }
}

void LaneIntake::exchangeBuffers() {
  if (!lane_) return;
  giveBack(lane_->looked());
  for (std::uint32_t i = lane_->waiting(); i < buffersAtHand_; ++i) {
    const auto buffer = pool_.lend(lane_->number());
    if (!buffer) return;
    lane_->lend(*buffer, store_.lend(*buffer));
  }
}

void LaneIntake::notify() {
  if (lane_) lane_->notify();
}

}  // namespace retrovue::framebus
