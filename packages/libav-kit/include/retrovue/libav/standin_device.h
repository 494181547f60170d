#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/hardware_device.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace retrovue::libav {

/// What a stand-in is told to do wrong. Pictures are counted from 0 as each session gives them out; negative: never.
struct StandinFaults {
  /// It cannot be opened, for this reason; empty: it can.
  std::string missing;
  /// The driver fails on this picture.
  std::int64_t errorAt = -1;
  /// The device is gone from this picture on, for every session that it has and will be asked for.
  std::int64_t lostAt = -1;
  /// How pictures are wrong from `wrongAt` on: `green` shows the lowest eight rows as padding (the 1080 rows of 1088),
  /// `colour` exchanges the planes of colour, `swapped` shows that one picture's predecessor in its place.
  enum class Wrong { none, green, colour, swapped } wrong = Wrong::none;
  std::int64_t wrongAt = 0;
  /// How long each picture takes, in µs.
  std::int64_t latencyUs = 0;
};

/// What a stand-in is.
struct StandinSpec {
  int index = 0;
  std::string model = "Stand-in";
  std::string driver = "libavcodec";
  /// Empty: the usual codecs of 4:2:0, up to 8192×8192.
  std::vector<Capability> capabilities;
  /// 0: as many as are asked for.
  int sessionsMax = 0;
  StandinFaults faults;
};

/// **A device made of software, for machines that have none.** libavcodec's own decoders do its work, but its pictures lie in
/// memory that is no part of this process's until it is mapped (memfd behind libav's DRM frames), laid out as cards lay them
/// out, padded to whole blocks, from a fixed pool; and they leave it the one way that those of every device do. What is asked
/// of it, and what is done about its faults, is the same code.
///
/// `DeviceUnavailable` where libav was built without DRM.
Expected<std::shared_ptr<HardwareDevice>> openStandin(StandinSpec spec);

}  // namespace retrovue::libav
