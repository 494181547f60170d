#pragma once
#include <retrovue/frame_bus.h>

#include <array>
#include <cstdint>
#include <optional>

namespace retrovue::framebus {

/// Stand-ins of each kind (hold, slate, black) by reason, and the last tick whose sound is all that was
/// planned (-1 before the first). The engine's alone: the wire format has totals.
struct AirCounts {
  std::array<std::array<std::uint64_t, RVFB_REASON_LAST + 1>, 3> standIns{};
  std::int64_t soundThrough = -1;
};

/// Something the engine wants to know: once per episode and change within it, never per frame.
struct CommitterEvent {
  enum class Type : std::uint32_t { standInBegan, standInEnded, refused, standInChanged };
  Type type;
  std::int64_t tick;
  std::uint32_t flag = 0;    // of stand-ins: RVFB_FLAG_HOLD, …SLATE or …BLACK; refused: RVFB_REFUSED_…
  std::uint32_t reason = 0;  // standInBegan, standInChanged
  std::uint64_t ticks = 0;   // standInEnded
};

/// Counts what the committer does, and keeps events until they are fetched: at most 256, and refusals while there
/// are fewer than half as many. An engine that is farther behind misses whole episodes and refusals, which the
/// counters have, but never how it stands: once it has fetched the rest it is told how the episode that it knows
/// of ended, or what it has become, and what stands in now, from its first tick. Allocates nothing.
class Episodes {
 public:
  /// `slot` is consistent: it has one kind of stand-in at most, and a reason exactly where it has one.
  void onCommit(const rvfb_slot& slot);
  /// A submission was taken: the run of refusals is over.
  void onTaken() { refusing_ = 0; }
  void onRefused(std::int64_t tick, std::uint32_t why);
  void onSubmitted() { ++counters_.submitted; }
  void onLate() { ++counters_.late_commits; }

  std::optional<CommitterEvent> next();
  bool hasEvents() const { return count_ > 0 || missed_; }
  const rvfb_counters& counters() const { return counters_; }
  const AirCounts& airCounts() const { return air_; }

 private:
  static constexpr std::size_t kEventsMax = 256;
  static constexpr std::size_t kRefusalsMax = kEventsMax / 2;
  void tell(const CommitterEvent& event);
  void push(const CommitterEvent& event);
  std::optional<CommitterEvent> nextAfterMissed();

  rvfb_counters counters_{};
  AirCounts air_;
  std::array<CommitterEvent, kEventsMax> events_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  // Something of stand-ins was left out. Nothing more of them is kept until all that is kept was fetched.
  bool missed_ = false;
  // Whoever has fetched all that is kept believes that an episode goes on,
  bool isTold_ = false;
  // and this is its end, where that was left out.
  std::optional<CommitterEvent> toldsEnd_;
  // Of the episode that goes on: its ticks so far (0: there is none), its first one, and that of its last change.
  std::uint64_t standInTicks_ = 0;
  std::int64_t from_ = -1;
  std::int64_t since_ = -1;
  std::uint32_t firstKind_ = 0;
  std::uint32_t firstReason_ = 0;
  // Of the last tick that stood in.
  std::uint32_t kind_ = 0;
  std::uint32_t reason_ = 0;
  std::uint32_t refusing_ = 0;
};

}  // namespace retrovue::framebus
