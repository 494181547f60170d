#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "stream_unit.h"

namespace retrovue::renderer {

/// The bytes of one tick, in portions that leave at equal distances of time.
struct TickBytes {
  std::int64_t tick = 0;
  std::vector<std::uint8_t> bytes;
  /// Where each portion begins; the first at 0. The last ends with `bytes`.
  std::vector<std::size_t> portions;
  /// A viewer may start at the first portion.
  bool randomAccess = false;

  void clear() {
    bytes.clear();
    portions.clear();
    randomAccess = false;
  }
};

/// Puts the units of one tick after another into one stream of bytes. One for a channel's life; one thread at a time.
class Muxer {
 public:
  virtual ~Muxer() = default;
  /// @param into emptied by the caller; its memory is kept from tick to tick
  virtual void write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
                     TickBytes& into) = 0;
};

}  // namespace retrovue::renderer
