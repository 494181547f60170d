#pragma once
#include <cstdint>

#include "encode_spec.h"
#include "ts_packets.h"
#include "wire_time.h"

namespace retrovue::renderer {

/// Where the packets of a stream of constant rate lie: packet p begins `p · 1504 / rate` seconds after the epoch, whoever writes it.
/// So times and numbers of packets come from each other exactly, and one renderer's line goes on where another's ended.
class PacketGrid {
 public:
  PacketGrid(const HouseGrid& grid, std::int64_t bitsPerSecond) : grid_(grid), rate_(bitsPerSecond) {}

  /// The first packet that begins at the tick's time or after it.
  std::int64_t firstOf(std::int64_t tick) const {
    const auto bits = static_cast<__int128>(tick) * grid_.rateDen * rate_;
    const auto unit = static_cast<__int128>(grid_.rateNum) * kPacketBits;
    return static_cast<std::int64_t>((bits + unit - 1) / unit);
  }
  /// When a packet begins, units of 27 MHz from the epoch, not wrapped.
  std::int64_t timeOf(std::int64_t packet) const { return unitsAt(packet * kPacketBits, rate_, 1, kPcrPerSecond); }
  /// The clock reference in a packet: when the byte with the last bit of its base arrives (ISO/IEC 13818-1, 2.4.2.2), less `delay`.
  std::int64_t pcrOf(std::int64_t packet, std::int64_t delay) const {
    const std::int64_t bits = packet * kPacketBits + static_cast<std::int64_t>(kPcrAt + 4) * 8;
    return floorMod(unitsAt(bits, rate_, 1, kPcrPerSecond) - delay, kPcrModulus);
  }
  /// Whole packets within a time.
  std::int64_t within(std::int64_t ns) const {
    return static_cast<std::int64_t>(static_cast<__int128>(ns) * rate_ / (kPacketBits * kNsPerSecond));
  }
  /// How long so many packets take.
  std::int64_t nsOf(std::int64_t packets) const { return unitsAt(packets * kPacketBits, rate_, 1, kNsPerSecond); }

 private:
  static constexpr std::int64_t kPacketBits = 8 * static_cast<std::int64_t>(kTsPacketBytes);
  static constexpr std::int64_t kNsPerSecond = 1'000'000'000;

  const HouseGrid grid_;
  const std::int64_t rate_;
};

}  // namespace retrovue::renderer
