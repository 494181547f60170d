#pragma once
#include <cstring>
#include <vector>

#include "encode_spec.h"
#include "muxer.h"
#include "ts_packets.h"

namespace retrovue::renderer::test {

inline int pidOf(const std::uint8_t* packet) {
  return renderer::pidOf({packet, kTsPacketBytes});
}

inline bool hasPcr(const std::uint8_t* packet) {
  return renderer::hasPcr({packet, kTsPacketBytes});
}

inline EncodeSpec specAt(std::uint32_t num, std::uint32_t den) {
  EncodeSpec spec;
  spec.grid = {num, den, 48'000};
  spec.videoCodec = "h264";
  spec.audioCodec = "aac";
  return spec;
}

inline StreamUnit unitOf(std::int64_t index, std::size_t bytes, bool isKey, std::uint8_t fill) {
  StreamUnit unit{retrovue::libav::makePacket(), index, isKey};
  av_new_packet(unit.packet.get(), static_cast<int>(bytes));
  std::memset(unit.packet->data, fill, bytes);
  return unit;
}

inline std::int64_t pcrOf(const std::uint8_t* packet) {
  const std::int64_t base = std::int64_t{packet[6]} << 25 | packet[7] << 17 | packet[8] << 9 | packet[9] << 1 |
                            packet[10] >> 7;
  return base * 300 + ((packet[10] & 1) << 8 | packet[11]);
}

/// The payload of a PID, in order.
inline std::vector<std::uint8_t> payloadOf(const TickBytes& tick, int pid) {
  std::vector<std::uint8_t> payload;
  for (std::size_t at = 0; at < tick.bytes.size(); at += kTsPacketBytes) {
    const std::uint8_t* packet = tick.bytes.data() + at;
    if (pidOf(packet) != pid || (packet[3] & 0x10) == 0) continue;
    const std::size_t from = (packet[3] & 0x20) != 0 ? 5U + packet[4] : 4U;
    payload.insert(payload.end(), packet + from, packet + kTsPacketBytes);
  }
  return payload;
}

}  // namespace retrovue::renderer::test
