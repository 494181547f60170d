#include "picture_pool.h"

namespace retrovue::framebus {

PicturePool::PicturePool(std::uint32_t buffers) : buffers_(buffers), free_(buffers) {
  for (std::uint32_t i = 0; i < buffers; ++i) free_[i] = i;
  freeCount_ = buffers;
}

std::optional<std::uint32_t> PicturePool::lend(std::uint32_t lane) {
  if (freeCount_ == 0) return std::nullopt;
  const std::uint32_t buffer = free_[freeHead_];
  freeHead_ = (freeHead_ + 1) % size();
  --freeCount_;
  buffers_[buffer].lane = lane;
  return buffer;
}

bool PicturePool::isLentTo(std::uint32_t buffer, std::uint32_t lane) const {
  return buffer < buffers_.size() && lane != 0 && buffers_[buffer].lane == lane;
}

bool PicturePool::giveBack(std::uint32_t buffer, std::uint32_t lane) {
  if (!isLentTo(buffer, lane)) return false;
  buffers_[buffer].lane = 0;
  freeIfUnused(buffer);
  return true;
}

void PicturePool::reclaim(std::uint32_t lane) {
  for (std::uint32_t i = 0; i < size(); ++i) giveBack(i, lane);
}

void PicturePool::refer(std::uint32_t buffer) {
  ++buffers_[buffer].slots;
}

void PicturePool::unrefer(std::uint32_t buffer) {
  --buffers_[buffer].slots;
  freeIfUnused(buffer);
}

void PicturePool::freeIfUnused(std::uint32_t buffer) {
  if (buffers_[buffer].slots != 0 || buffers_[buffer].lane != 0) return;
  free_[(freeHead_ + freeCount_) % size()] = buffer;
  ++freeCount_;
}

}  // namespace retrovue::framebus
