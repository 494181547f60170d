#pragma once
#include <retrovue/frame_bus.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json.h"

namespace retrovue::framebus::golden {

/// CRC-32 as zlib, PNG and Ethernet have it: the one checksum that every language brings along.
std::uint32_t crc32(const void* bytes, std::size_t count, std::uint32_t sum = 0);

struct AssetText {
  std::string uri;
  std::string title;
  bool truncated = false;
};

struct AncillaryRecord {
  std::uint16_t kind;
  std::string bytes;
};

/// What a reader must read from one tick; filled by the writer of the goldens from what it meant, and by
/// readers from what they saw.
struct TickRecord {
  std::int64_t tick = 0;
  std::int64_t houseTimeNs = 0;
  std::uint32_t flags = 0;
  std::uint32_t reason = 0;
  std::array<std::uint8_t, 16> segment{};
  std::uint64_t planRevision = 0;
  std::optional<AssetText> asset;
  std::int64_t mediaTimeNs = RVFB_NO_TIME;
  std::int64_t sourcePts = RVFB_NO_TIME;
  std::uint32_t sourceTbNum = 0;
  std::uint32_t sourceTbDen = 0;
  std::int64_t sourceIndex = RVFB_NO_INDEX;
  std::uint32_t decoder = RVFB_NO_DECODER;
  std::uint64_t decodeNs = 0;
  std::uint32_t lane = 0;
  std::uint32_t silentSamples = 0;
  std::uint64_t sampleStart = 0;
  std::uint32_t samples = 0;
  std::int64_t commitMonoNs = 0;
  std::vector<AncillaryRecord> ancillary;
  /// "slate", "black", or the first readable tick that shows the same buffer and generation.
  std::string pictureOf;
  std::vector<std::uint32_t> planeCrc;
  std::vector<std::uint32_t> soundCrc;
};

/// The state of a bus beside its ticks.
struct BusRecord {
  rvfb_header header{};
  std::int64_t now = 0;
};

/// The manifest: one line for the bus, one for each tick that may be read, one for the ticks that are held no
/// more.
std::string manifestOf(const BusRecord& bus, const std::vector<TickRecord>& ticks,
                       const std::vector<std::int64_t>& overruns);

}  // namespace retrovue::framebus::golden
