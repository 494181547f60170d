#pragma once
#include <retrovue/frame_bus.h>

#include <cstdint>
#include <string>

#include "house_time.h"

namespace retrovue::framebus {

/// Where the objects lie and how their names begin.
struct Place {
  std::string directory = "/dev/shm";
  std::string prefix = "retrovue";
};

/// Everything that fixes a bus.
struct BusSpec {
  std::string engineId;
  std::uint32_t channelId = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t rateNum = 0;
  std::uint32_t rateDen = 0;
  std::uint32_t pixelFormat = 0;
  std::uint32_t sarNum = 1;
  std::uint32_t sarDen = 1;
  std::uint32_t colourPrimaries = 2;
  std::uint32_t colourTransfer = 2;
  std::uint32_t colourMatrix = 2;
  std::uint32_t colourRange = 0;
  std::uint32_t aspectPolicy = 0;
  std::uint32_t sampleRate = 0;
  std::uint32_t channels = 0;
  std::uint32_t leadTicks = 0;
  std::uint32_t historyTicks = 0;
  std::uint32_t directReferences = 0;
  /// 0: max(2 ticks, 50 ms).
  std::uint64_t guardNs = 0;
  ClockMapping mapping;

  HouseGrid grid() const { return {rateNum, rateDen, sampleRate}; }
};

}  // namespace retrovue::framebus
