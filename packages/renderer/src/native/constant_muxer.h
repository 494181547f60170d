#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "muxer.h"
#include "packet_grid.h"
#include "packet_queue.h"
#include "ts_muxer.h"

namespace retrovue::renderer {

/// From a clock reference of a stream of constant rate to the tick at which its bytes leave, 27 MHz units: 500 ms. The time in which a
/// receiver takes in what pictures need beyond the rate (`kBacklogMaxNs` at most), and the sound behind them (85 ms).
inline constexpr std::int64_t kConstantDelay = 13'500'000;
/// While more than this waits no further picture finds its place in time, and none should be encoded. Encoders that keep to
/// `EncodeSpec::videoBufferBits` never come so far.
inline constexpr std::int64_t kBacklogMaxNs = 400'000'000;
/// Sound waits so long at most: twice what is in time. All that waits is dropped then, so that what follows is in time again.
inline constexpr std::int64_t kSoundWaitMaxNs = 1'000'000'000;
/// While so many packets of tables and names wait, no more are added: they would say the same. Twice what a tick may bring.
inline constexpr std::int64_t kTablesWaitMax = 6;

/// MPEG-TS of constant rate for what modulators and multiplexers expect: `TsMuxer`'s packets, each in its place on `PacketGrid`, null
/// packets (PID 0x1FFF) where nothing waits, and clock references that are computed from the places they come to lie at. A tick gives exactly
/// the packets that begin within it; what finds no place goes into the next ones.
///
/// Who comes first: a clock where 36 ms would pass without one; tables and names; sound, spread over its tick, not before the picture of its tick has
/// begun, unless that would make it late; pictures; nulls. Nothing comes between a key frame and its tables.
///
/// Overflow: a picture too large for its time delays those behind it, never sound, clock or tables; its end behind its time is told in
/// `TickBytes::overdue`. Pictures are not dropped for it: `backlogNs` says when they should be left out before they are encoded, so that no more
/// than that and one picture waits. A rate that cannot carry even sound and tables has these dropped by whole units (`kSoundWaitMaxNs`, `kTablesWaitMax`).
///
/// A jump (`goOnAt`): what waits is behind the clock that follows. A unit that was begun goes out whole, and is not called overdue.
class ConstantMuxer : public Muxer {
 public:
  explicit ConstantMuxer(const EncodeSpec& spec);

  void write(std::int64_t tick, std::span<const StreamUnit> pictures, std::span<const StreamUnit> sounds,
             TickBytes& into) override;
  bool goOnAt(std::int64_t tick) override;
  std::int64_t backlogNs() const override;

 private:
  /// Puts what was packed for a tick into the queues.
  void sort(std::int64_t tick);
  /// Fills the place of packet `at`, the `n`th of `count` of its tick.
  void fill(std::int64_t at, std::int64_t n, std::int64_t count, TickBytes& into);
  /// True where the pictures' queue goes on with a key frame's tables.
  bool isKeyNext() const;
  bool isClockDue(std::int64_t at) const;
  bool maySoundGo(std::int64_t tick, std::int64_t n, std::int64_t count) const;
  void sendClock(std::int64_t at, TickBytes& into);
  void sendPicture(std::int64_t at, TickBytes& into);
  void send(PacketQueue& from, TickBytes& into);
  /// Counts a packet as it is sent: others of its PID may have come before it, or been dropped.
  void count(std::uint8_t* packet);
  /// Of the packet of a PID that was sent last.
  std::uint8_t& counterOf(int pid);

  const HouseGrid grid_;
  const PacketGrid places_;
  /// Places from one clock to the next, at most.
  const std::int64_t clockEvery_;
  /// Ticks after which sound waits for no picture any more.
  const std::int64_t soundHeldTicks_;
  const std::int64_t soundMaxTicks_;
  const std::int64_t portions_;
  TsMuxer packer_;
  TickBytes packed_;
  PacketQueue pictures_, sounds_, tables_;
  std::optional<std::int64_t> lastTick_;
  /// Pictures of ticks before this waited while nothing left: it was not for want of room.
  std::int64_t countedFrom_ = 0;
  std::int64_t lastClock_ = 0;
  /// Packets of `pictures_` that must follow directly: a key frame's tables and its first.
  int glued_ = 0;
  /// Pictures, sound, association, map, names.
  std::array<std::uint8_t, 5> counters_{15, 15, 15, 15, 15};
  /// True while the next clock must say that it does not go on from the one before.
  bool isBroken_ = true;
  std::int64_t soundAtFirst_ = 0, soundSent_ = 0;
};

}  // namespace retrovue::renderer
