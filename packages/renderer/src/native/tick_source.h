#pragma once
#include <retrovue/expected.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace retrovue::renderer {

/// Asks a source for the tick on air, or the nearest that it holds.
inline constexpr std::int64_t kOnAir = -1;

/// One tick of the bus. Everything is borrowed until `TickSource::release`.
struct TakenTick {
  std::int64_t tick = 0;
  std::array<const std::uint8_t*, 4> planes{};
  std::array<std::size_t, 4> strides{};
  std::array<const float*, 8> sound{};
  std::int64_t sampleStart = 0;
  std::uint32_t samples = 0;
  /// False where the bus reused the sound while it was copied.
  bool soundIntact = true;
};

/// What came of asking for a tick.
enum class Take {
  taken,
  notYet,       ///< not within the time given: look after other things and ask again
  overrun,      ///< held no more: go on at `TickSource::oldest`
  replaced,     ///< the bus is gone or was replaced; it is open again, or will be: ask again
  ended,        ///< `TickSource::stop` was called
  incompatible  ///< the bus has another format
};

/// Where ticks come from. One thread takes and releases; `stop` from any.
class TickSource {
 public:
  virtual ~TickSource() = default;
  /// @param waitNs how long it may wait for the tick, and for a bus, before it answers `notYet`
  virtual Take take(std::int64_t tick, std::int64_t waitNs, TakenTick& into) = 0;
  /// Ends the use of what was taken; false where its pixels may be torn.
  virtual bool release(const TakenTick& taken) = 0;
  /// The oldest tick held, after `overrun`.
  virtual std::int64_t oldest() = 0;
  /// Times that the bus was opened.
  virtual std::uint64_t opens() const = 0;
  /// True where `notYet` says that the tick is not on the bus, and not only that nobody has answered.
  virtual bool knowsTheBus() const = 0;
  /// Ends the wait under way and all to come.
  virtual void stop() = 0;
};

}  // namespace retrovue::renderer
