#include "lane_writer.h"

#include <fcntl.h>
#include <retrovue/frame_bus_protocol.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "futex.h"

namespace retrovue::framebus {
namespace {

Expected<FileDescriptor> openObject(const std::string& path, int flags) {
  FileDescriptor fd(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (fd.isOpen()) return fd;
  if (errno == ENOENT)
    return Failure{"BusStale", "There is no " + path + " any more; ask for a new lane.", ENOENT};
  if (errno == EACCES || errno == EPERM) return systemFailure("PermissionDenied", "Cannot open " + path);
  return systemFailure("Internal", "Cannot open " + path);
}

Expected<std::uint64_t> sizeOf(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return systemFailure("Internal", "Cannot look at an object");
  return static_cast<std::uint64_t>(about.st_size);
}

Failure incompatible(const std::string& path) {
  return Failure{"BusIncompatible", path + " has another layout version or size; engine and worker differ.",
                 0};
}

}  // namespace

Expected<std::unique_ptr<LaneWriter>> LaneWriter::open(const std::string& controlPath,
                                                       const std::string& lanePath, std::uint32_t number) {
  std::unique_ptr<LaneWriter> writer(new LaneWriter());
  auto control = openObject(controlPath, O_RDONLY);
  if (!control) return control.failure();
  writer->controlFd_ = std::move(*control);
  const auto controlBytes = sizeOf(writer->controlFd_.get());
  if (!controlBytes) return controlBytes.failure();
  if (*controlBytes < sizeof(rvfb_header)) return incompatible(controlPath);
  auto controlMap = Mapping::make(writer->controlFd_.get(), *controlBytes, false);
  if (!controlMap) return controlMap.failure();
  writer->control_ = *controlMap;
  const rvfb_header& h = writer->header();
  if (h.magic != RVFB_MAGIC || h.layout_version != RVFB_LAYOUT_VERSION || h.object_bytes != *controlBytes) {
    return incompatible(controlPath);
  }

  auto pictures = openObject(controlPath + ".pictures", O_RDWR);
  if (!pictures) return pictures.failure();
  struct stat about {};
  if (::fstat(pictures->get(), &about) != 0) return systemFailure("Internal", "Cannot look at an object");
  if (static_cast<std::uint64_t>(about.st_ino) != h.pictures_inode) {
    return Failure{"BusStale", "The bus is being replaced; ask for a new lane.", 0};
  }
  if (static_cast<std::uint64_t>(about.st_size) != h.pictures_bytes)
    return incompatible(controlPath + ".pictures");
  auto picturesMap = Mapping::make(pictures->get(), h.pictures_bytes, true, Touching::later);
  if (!picturesMap) return picturesMap.failure();
  writer->pictures_ = *picturesMap;

  auto lane = openObject(lanePath, O_RDWR);
  if (!lane) return lane.failure();
  const auto laneBytes = sizeOf(lane->get());
  if (!laneBytes) return laneBytes.failure();
  if (*laneBytes < sizeof(rvfb_lane)) return incompatible(lanePath);
  auto memory = Mapping::make(lane->get(), *laneBytes, true);
  if (!memory) return memory.failure();
  writer->memory_ = *memory;
  writer->lane_ = reinterpret_cast<rvfb_lane*>(writer->memory_->at());
  std::memcpy(&writer->shape_, writer->lane_, sizeof writer->shape_);
  const rvfb_lane& shape = writer->shape_;
  if (shape.magic != RVFB_MAGIC_LANE || shape.layout_version != RVFB_LAYOUT_VERSION ||
      shape.object_bytes != *laneBytes || shape.channels != h.format.channels) {
    return incompatible(lanePath);
  }
  if (std::memcmp(shape.run_id, h.run_id, sizeof shape.run_id) != 0 || shape.lane != number ||
      shape.state != RVFB_LANE_OPEN) {
    return Failure{"BusStale", "The lane belongs to a bus or worker that is gone; ask for a new one.", 0};
  }
  // Buffers are lent in the order of their addresses at first, each some milliseconds after the one before.
  writer->toucher_.begin(writer->pictures_);
  // Private from here on: nobody else can find it, and nothing is left of it when both ends are gone.
  ::unlink(lanePath.c_str());
  return writer;
}

std::optional<std::uint32_t> LaneWriter::loan() {
  while (rvfb_ring_look(&lane_->free_tail) != freeHead_) {
    const std::uint64_t place = freeHead_ & (shape_.buffer_ring_count - 1);
    auto* const entry = reinterpret_cast<rvfb_free_buffer*>(
        memory_->at(shape_.free_offset + place * sizeof(rvfb_free_buffer)));
    const std::uint32_t buffer = entry->buffer;
    std::uint32_t offered = RVFB_OFFERED;
    const bool taken = __atomic_compare_exchange_n(&entry->state, &offered, std::uint32_t{RVFB_TAKEN}, false,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    ++freeHead_;
    RVFB_STORE_RELEASE(lane_place_free, &lane_->free_head, freeHead_);
    // Withdrawn: the lane was replaced, and what it has not taken up by now it never gets.
    if (!taken) continue;
    rvfb_buffer_borrowed();
    return buffer;
  }
  return std::nullopt;
}

void LaneWriter::wantBuffer(bool wanted) {
  __atomic_store_n(&lane_->worker_waits, wanted ? 1u : 0u, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (wanted) wake();
}

std::byte* LaneWriter::place() {
  const std::uint64_t head = RVFB_LOAD_ACQUIRE(lane_place_free, &lane_->submission_head);
  if (submissionTail_ - head >= shape_.submission_count) return nullptr;
  const std::uint64_t at = submissionTail_ & (shape_.submission_count - 1);
  return memory_->at(shape_.submissions_offset + at * shape_.submission_bytes);
}

float* LaneWriter::sound(std::byte* place, std::uint32_t channel) const {
  return reinterpret_cast<float*>(place + RVFB_SUBMISSION_SOUND) +
         std::uint64_t{channel} * shape_.samples_max;
}

void LaneWriter::submit(bool wake) {
  rvfb_flush_pixels();
  ++submissionTail_;
  rvfb_ring_hand_over(&lane_->submission_tail, submissionTail_);
  if (wake) this->wake();
}

void LaneWriter::wake() {
  __atomic_fetch_add(&lane_->committer_word, 1, __ATOMIC_RELEASE);
  futexWake(&lane_->committer_word);
}

void LaneWriter::release(std::uint32_t buffer, bool wake) {
  const rvfb_release entry{buffer, 0, submissionTail_};
  std::memcpy(
      memory_->at(shape_.releases_offset + (releaseTail_ & (shape_.buffer_ring_count - 1)) * sizeof entry),
      &entry, sizeof entry);
  ++releaseTail_;
  rvfb_ring_hand_over(&lane_->release_tail, releaseTail_);
  if (wake) this->wake();
}

bool LaneWriter::hasRefusals() const {
  return rvfb_ring_look(&lane_->refusal_tail) != refusalHead_;
}

std::optional<rvfb_refusal> LaneWriter::nextRefusal() {
  const std::uint64_t tail = rvfb_ring_look(&lane_->refusal_tail);
  if (tail == refusalHead_) return std::nullopt;
  rvfb_refusal refusal;
  std::memcpy(
      &refusal,
      memory_->at(shape_.refusals_offset + (refusalHead_ & (shape_.refusal_count - 1)) * sizeof refusal),
      sizeof refusal);
  ++refusalHead_;
  RVFB_STORE_RELEASE(lane_place_free, &lane_->refusal_head, refusalHead_);
  return refusal;
}

LaneWriter::State LaneWriter::state() const {
  switch (RVFB_LOAD_RELAXED(&lane_->state)) {
    case RVFB_LANE_SUPERSEDED:
      return State::superseded;
    case RVFB_LANE_CLOSED:
      return State::closed;
    default:
      break;
  }
  if (RVFB_LOAD_RELAXED(&header().state) != RVFB_STATE_READY) return State::closed;
  return State::open;
}

std::int64_t LaneWriter::head() const {
  return rvfb_head_look(&header().head_tick);
}

std::uint32_t LaneWriter::word() const {
  return __atomic_load_n(&lane_->worker_word, __ATOMIC_ACQUIRE);
}

void LaneWriter::wait(std::uint32_t seen, std::int64_t mono) const {
  futexWait(&lane_->worker_word, seen, mono);
}

bool LaneWriter::engineLives() const {
  return isLocked(controlFd_.get());
}

void LaneWriter::interrupt() {
  __atomic_fetch_add(&lane_->worker_word, 1, __ATOMIC_RELEASE);
  futexWake(&lane_->worker_word);
}

}  // namespace retrovue::framebus
