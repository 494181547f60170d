#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ts_packets.h"

namespace retrovue::renderer {

/// Packets that wait for their place, in order, each with its tick. Its memory is kept: once it has held the most that ever waits,
/// nothing is allocated.
class PacketQueue {
 public:
  using Packet = std::span<const std::uint8_t>;

  /// @param tick that of the packet before, or a later one
  void push(Packet packet, std::int64_t tick);
  /// The packet in front is done with; true where it was the last of its tick. Not while empty.
  bool pop();

  bool isEmpty() const { return head_ == bytes_.size(); }
  std::int64_t size() const { return static_cast<std::int64_t>((bytes_.size() - head_) / kTsPacketBytes); }
  /// The packet `n` places behind the front, valid until the next `push`; empty where there is none.
  Packet at(std::size_t n) const;
  /// Drops what waits, but for the rest of a unit that was begun: how many units.
  std::uint32_t dropUnits();
  /// Of the packet in front. Not while empty.
  std::int64_t tick() const { return ticks_[headTick_].tick; }
  /// The earliest tick of which nothing was taken yet; -1 where there is none.
  std::int64_t nextUntouched() const;

 private:
  struct TickEnd {
    std::int64_t tick;
    std::size_t packets;
  };

  std::vector<std::uint8_t> bytes_;
  std::size_t head_ = 0;
  /// How many packets of each tick wait.
  std::vector<TickEnd> ticks_;
  std::size_t headTick_ = 0;
  bool isBegun_ = false;
};

}  // namespace retrovue::renderer
