#include "lane_end.h"

#include <retrovue/frame_bus_protocol.h>

#include <algorithm>
#include <cstring>

#include "futex.h"

namespace retrovue::framebus {

Expected<std::unique_ptr<LaneEnd>> LaneEnd::make(const std::string& directory, const std::string& path,
                                                 const rvfb_lane& shape, const std::uint8_t (&runId)[16],
                                                 std::uint32_t number) {
  auto object = SharedObject::make(directory, shape.object_bytes, 0600);
  if (!object) return object.failure();
  rvfb_lane own = shape;
  std::memcpy(own.run_id, runId, sizeof own.run_id);
  own.lane = number;
  own.state = RVFB_LANE_OPEN;
  std::memcpy(object->mapping()->at(), &own, sizeof own);
  if (auto locked = object->lock(); !locked) return locked.failure();
  if (auto linked = object->link(path); !linked) return linked.failure();
  return std::unique_ptr<LaneEnd>(new LaneEnd(std::move(*object), own, path));
}

LaneEnd::LaneEnd(SharedObject object, const rvfb_lane& shape, std::string path)
    : object_(std::move(object)),
      shape_(shape),
      path_(std::move(path)),
      lane_(reinterpret_cast<rvfb_lane*>(object_.mapping()->at())),
      offered_(shape_.buffer_ring_count) {}

std::byte* LaneEnd::submission(std::uint64_t position) const {
  const std::uint64_t place = position & (shape_.submission_count - 1);
  return object_.mapping()->at(shape_.submissions_offset + place * shape_.submission_bytes);
}

LaneEnd::Next LaneEnd::look(rvfb_submission_head& into) {
  const std::uint64_t tail = rvfb_ring_look(&lane_->submission_tail);
  if (tail == looked_) return Next::none;
  if (tail - consumed_ > shape_.submission_count || tail - consumed_ < looked_ - consumed_) {
    looked_ = tail;
    consumed_ = tail;
    RVFB_STORE_RELEASE(lane_place_free, &lane_->submission_head, consumed_);
    return Next::broken;
  }
  std::memcpy(&into, submission(looked_), sizeof into);
  ++looked_;
  return Next::one;
}

void LaneEnd::consume() {
  ++consumed_;
  RVFB_STORE_RELEASE(lane_place_free, &lane_->submission_head, consumed_);
}

std::uint32_t LaneEnd::copyAncillary(std::uint64_t position, std::uint32_t bytes,
                                     std::uint64_t* words) const {
  const std::uint32_t count = bytes > RVFB_ANCILLARY_BYTES ? 0 : bytes;
  if (count > 0) words[(count - 1) / 8] = 0;
  std::memcpy(words, submission(position) + offsetof(rvfb_submission, ancillary), count);
  return count;
}

const char* LaneEnd::uri(std::uint64_t position) const {
  return reinterpret_cast<const char*>(submission(position) + offsetof(rvfb_submission, uri));
}

const char* LaneEnd::title(std::uint64_t position) const {
  return reinterpret_cast<const char*>(submission(position) + offsetof(rvfb_submission, title));
}

const float* LaneEnd::sound(std::uint64_t position, std::uint32_t channel) const {
  return reinterpret_cast<const float*>(submission(position) + RVFB_SUBMISSION_SOUND) +
         std::uint64_t{channel} * shape_.samples_max;
}

bool LaneEnd::nextRelease(std::uint64_t upTo, std::uint32_t& buffer) {
  const std::uint64_t tail = rvfb_ring_look(&lane_->release_tail);
  if (tail == releaseHead_) return false;
  if (tail - releaseHead_ > shape_.buffer_ring_count) {
    releaseHead_ = tail;  // Wild: what it gave back is lost to this lane until it is retired.
    return false;
  }
  rvfb_release release;
  std::memcpy(&release,
              object_.mapping()->at(shape_.releases_offset +
                                    (releaseHead_ & (shape_.buffer_ring_count - 1)) * sizeof release),
              sizeof release);
  // Waits for submissions that are on their way; a position that can never come is taken at once.
  const std::uint64_t ahead = release.after - upTo;
  if (ahead != 0 && ahead <= shape_.submission_count) return false;
  ++releaseHead_;
  RVFB_STORE_RELEASE(lane_place_free, &lane_->release_head, releaseHead_);
  buffer = release.buffer;
  return true;
}

void LaneEnd::refuse(std::int64_t tick, std::uint32_t why) {
  const std::uint64_t head = RVFB_LOAD_ACQUIRE(lane_place_free, &lane_->refusal_head);
  // Full: the worker does not listen. Its next submissions are refused all the same.
  if (refusalTail_ - head >= shape_.refusal_count) return;
  const rvfb_refusal refusal{tick, why, 0};
  std::memcpy(object_.mapping()->at(shape_.refusals_offset +
                                    (refusalTail_ & (shape_.refusal_count - 1)) * sizeof refusal),
              &refusal, sizeof refusal);
  ++refusalTail_;
  rvfb_ring_hand_over(&lane_->refusal_tail, refusalTail_);
  unnotified_ = true;
}

rvfb_free_buffer* LaneEnd::freePlace(std::uint64_t position) const {
  const std::uint64_t place = position & (shape_.buffer_ring_count - 1);
  return reinterpret_cast<rvfb_free_buffer*>(
      object_.mapping()->at(shape_.free_offset + place * sizeof(rvfb_free_buffer)));
}

void LaneEnd::lend(std::uint32_t buffer, std::uint64_t generation) {
  rvfb_free_buffer* const entry = freePlace(freeTail_);
  entry->buffer = buffer;
  entry->generation = generation;
  __atomic_store_n(&entry->state, std::uint32_t{RVFB_OFFERED}, __ATOMIC_RELAXED);
  offered_[freeTail_ & (shape_.buffer_ring_count - 1)] = buffer;
  ++freeTail_;
  rvfb_ring_hand_over(&lane_->free_tail, freeTail_);
  // Against the worker's "I wait", then "is there one?": one of the two sees the other's store.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (RVFB_LOAD_RELAXED(&lane_->worker_waits) != 0) unnotified_ = true;
}

std::optional<std::uint32_t> LaneEnd::withdraw() {
  while (withdrawn_ < std::min<std::uint64_t>(freeTail_, shape_.buffer_ring_count)) {
    const std::uint64_t position = freeTail_ - ++withdrawn_;
    std::uint32_t offered = RVFB_OFFERED;
    if (__atomic_compare_exchange_n(&freePlace(position)->state, &offered, std::uint32_t{RVFB_WITHDRAWN},
                                    false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
      return offered_[position & (shape_.buffer_ring_count - 1)];
    }
  }
  return std::nullopt;
}

std::uint32_t LaneEnd::waiting() const {
  const std::uint64_t head = RVFB_LOAD_ACQUIRE(lane_place_free, &lane_->free_head);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(freeTail_ - head, shape_.buffer_ring_count));
}

void LaneEnd::notify() {
  if (!unnotified_) return;
  unnotified_ = false;
  __atomic_fetch_add(&lane_->worker_word, 1, __ATOMIC_RELEASE);
  futexWake(&lane_->worker_word);
}

void LaneEnd::setState(std::uint32_t state) {
  RVFB_STORE_RELAXED(&lane_->state, state);
  unnotified_ = true;
  notify();
}

void LaneEnd::kick() {
  __atomic_fetch_add(&lane_->committer_word, 1, __ATOMIC_RELEASE);
  futexWake(&lane_->committer_word);
}

}  // namespace retrovue::framebus
