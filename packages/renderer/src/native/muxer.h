#pragma once
#include <cstdint>
#include <optional>
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
  /// Where a viewer may start, if anywhere; the first such place.
  std::optional<std::size_t> randomAccess;
  /// Pictures whose last byte lies among these, and behind their time.
  std::uint32_t overdue = 0;
  /// Frames of sound that were dropped, as too many waited.
  std::uint32_t soundsDropped = 0;

  void clear() {
    bytes.clear();
    portions.clear();
    randomAccess.reset();
    overdue = soundsDropped = 0;
  }
};

/// Puts the units of one tick after another into one stream of bytes. One for a channel's life; one thread at a time.
class Muxer {
 public:
  virtual ~Muxer() = default;
  /// @param into emptied by the caller; its memory is kept from tick to tick
  virtual void write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
                     TickBytes& into) = 0;
  /// To be called before the units of a tick are made: where ticks before it were left out, what waited for its place is dropped. True where
  /// pictures were, to which none may refer: the next must be a key frame.
  virtual bool goOnAt(std::int64_t) { return false; }
  /// How long what was written, and had no room yet, takes to leave; 0 where there is always room.
  virtual std::int64_t backlogNs() const { return 0; }
};

}  // namespace retrovue::renderer
