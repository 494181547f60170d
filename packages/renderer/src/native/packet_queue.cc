#include "packet_queue.h"

namespace retrovue::renderer {

void PacketQueue::push(Packet packet, std::int64_t tick) {
  // What is done with goes when it is the larger part: each byte is moved once on average, at most.
  if (head_ > bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    ticks_.erase(ticks_.begin(), ticks_.begin() + static_cast<std::ptrdiff_t>(headTick_));
    head_ = headTick_ = 0;
  }
  bytes_.insert(bytes_.end(), packet.begin(), packet.end());
  if (headTick_ == ticks_.size() || ticks_.back().tick != tick) ticks_.push_back({tick, 0});
  ++ticks_.back().packets;
}

bool PacketQueue::pop() {
  head_ += kTsPacketBytes;
  isBegun_ = --ticks_[headTick_].packets > 0;
  if (isBegun_) return false;
  ++headTick_;
  return true;
}

PacketQueue::Packet PacketQueue::at(std::size_t n) const {
  const std::size_t from = head_ + n * kTsPacketBytes;
  if (from >= bytes_.size()) return {};
  return Packet(bytes_).subspan(from, kTsPacketBytes);
}

std::uint32_t PacketQueue::dropUnits() {
  std::size_t kept = 0;
  while (!at(kept).empty() && !isUnitStart(at(kept))) ++kept;
  std::uint32_t units = 0;
  for (std::size_t n = kept; !at(n).empty(); ++n) units += isUnitStart(at(n)) ? 1 : 0;
  bytes_.resize(head_ + kept * kTsPacketBytes);
  // A unit that was begun is of the tick in front.
  ticks_.resize(headTick_ + (kept > 0 ? 1 : 0));
  if (kept > 0) ticks_[headTick_].packets = kept;
  isBegun_ = kept > 0;
  return units;
}

std::int64_t PacketQueue::nextUntouched() const {
  const std::size_t next = headTick_ + (isBegun_ ? 1 : 0);
  return next < ticks_.size() ? ticks_[next].tick : -1;
}

}  // namespace retrovue::renderer
