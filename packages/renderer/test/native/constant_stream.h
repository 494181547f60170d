#pragma once
#include <retrovue/test/runner.h>

#include <map>
#include <vector>

#include "constant_muxer.h"
#include "ts_reading.h"
#include "wire_time.h"

namespace retrovue::renderer::test {

inline constexpr int kNullPid = 0x1fff;

inline EncodeSpec constantSpec(std::uint32_t num, std::uint32_t den, std::int64_t bitsPerSecond) {
  EncodeSpec spec = specAt(num, den);
  spec.muxBitsPerSecond = bitsPerSecond;
  return spec;
}

/// Writes tick after tick and keeps the stream as one.
struct Stream {
  explicit Stream(const EncodeSpec& spec) : muxer(spec) {}

  /// @param pictureBytes 0: the tick has no picture
  TickBytes write(std::int64_t tick, std::size_t pictureBytes, bool isKey, int soundFrames = 1) {
    std::vector<StreamUnit> pictures, sounds;
    if (pictureBytes > 0) pictures.push_back(unitOf(tick, pictureBytes, isKey, pictureFill));
    for (int i = 0; i < soundFrames; ++i) sounds.push_back(unitOf(1024 * (tick * 2 + i), 300, true, 9));
    TickBytes made;
    muxer.write(tick, pictures, sounds, made);
    overdue += made.overdue;
    soundsDropped += made.soundsDropped;
    bytes.insert(bytes.end(), made.bytes.begin(), made.bytes.end());
    return made;
  }
  const std::uint8_t* packet(std::size_t n) const { return bytes.data() + n * kTsPacketBytes; }
  std::size_t packets() const { return bytes.size() / kTsPacketBytes; }

  ConstantMuxer muxer;
  std::vector<std::uint8_t> bytes;
  /// What pictures consist of.
  std::uint8_t pictureFill = 7;
  std::uint32_t overdue = 0, soundsDropped = 0;
};

struct Clock {
  std::size_t packet;
  std::int64_t pcr;
};

inline std::vector<Clock> clocksOf(const Stream& stream) {
  std::vector<Clock> clocks;
  for (std::size_t n = 0; n < stream.packets(); ++n)
    if (hasPcr(stream.packet(n))) clocks.push_back({n, pcrOf(stream.packet(n))});
  return clocks;
}

inline void checkCounters(const Stream& stream) {
  std::map<int, int> counters;
  for (std::size_t n = 0; n < stream.packets(); ++n) {
    const std::uint8_t* packet = stream.packet(n);
    const int pid = pidOf(packet);
    if (pid == kNullPid) continue;
    const bool isFirst = counters.find(pid) == counters.end();
    if (!isFirst) CHECK_EQ(packet[3] & 15, (packet[3] & 0x10) != 0 ? (counters[pid] + 1) & 15 : counters[pid]);
    counters[pid] = packet[3] & 15;
  }
}

inline std::vector<std::uint8_t> carried(const Stream& stream, int pid) {
  TickBytes all;
  all.bytes = stream.bytes;
  return payloadOf(all, pid);
}

}  // namespace retrovue::renderer::test
