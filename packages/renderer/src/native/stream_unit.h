#pragma once
#include <retrovue/libav/handles.h>

#include <cstdint>
#include <span>
#include <vector>

namespace retrovue::renderer {

/// One access unit as an encoder made it.
struct StreamUnit {
  libav::PacketPtr packet;
  /// A picture's tick, or a sound frame's first sample; negative for sound that only primes a decoder at time zero.
  std::int64_t index = 0;
  bool isKey = false;

  std::span<const std::uint8_t> bytes() const {
    return {packet->data, static_cast<std::size_t>(packet->size)};
  }
};

/// Units of one tick. Kept from tick to tick: `recycle` empties it without freeing its packets.
class StreamUnits {
 public:
  /// A place for one more unit, with an unreferenced packet; null where memory has run out.
  StreamUnit* add() {
    if (count_ == units_.size()) {
      units_.push_back({libav::makePacket(), 0, false});
      if (units_.back().packet == nullptr) {
        units_.pop_back();
        return nullptr;
      }
    }
    return &units_[count_++];
  }
  void dropLast() { --count_; }
  void recycle() {
    for (std::size_t i = 0; i < count_; ++i) av_packet_unref(units_[i].packet.get());
    count_ = 0;
  }
  std::span<const StreamUnit> all() const { return {units_.data(), count_}; }

 private:
  std::vector<StreamUnit> units_;
  std::size_t count_ = 0;
};

}  // namespace retrovue::renderer
