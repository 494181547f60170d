#pragma once
#include <retrovue/expected.h>

#include "spec.h"

namespace retrovue::framebus {

/// Size of a readers object: the same for every bus, so that it can be there before one.
inline constexpr std::uint64_t kReadersBytes =
    (RVFB_READERS_BYTES + std::uint64_t{RVFB_READER_ENTRIES} * RVFB_READER_ENTRY_BYTES + RVFB_PAGE_BYTES -
     1) /
    RVFB_PAGE_BYTES * RVFB_PAGE_BYTES;

/// The sizes of a bus's objects and the constant half of its header, computed from the spec and nothing else.
struct Layout {
  /// Filled up to `head_tick`, but for run id and inode.
  rvfb_header header{};
  /// The constant half of a lane, but for run id and number.
  rvfb_lane lane{};
  std::uint64_t readersBytes = kReadersBytes;

  std::uint64_t controlBytes() const { return header.object_bytes; }
  std::uint64_t picturesBytes() const { return header.pictures_bytes; }
  std::uint64_t laneBytes() const { return lane.object_bytes; }
  /// With the lane of a worker and that of the worker which replaces it.
  std::uint64_t totalBytes() const {
    return controlBytes() + picturesBytes() + readersBytes + 2 * laneBytes();
  }
};

/// `InvalidArgument` names the field that is out of range.
Expected<Layout> layoutOf(const BusSpec& spec);

/// "retrovue.east.ch7": the control object's name, and what all others begin with.
std::string busName(const std::string& prefix, const std::string& engineId, std::uint32_t channelId);

}  // namespace retrovue::framebus
