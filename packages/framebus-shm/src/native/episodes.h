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

/// Counts what the committer does, and keeps events until they are fetched: at most 256, further ones are
/// dropped (an engine that is so far behind has the counters). Allocates nothing.
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
  bool hasEvents() const { return count_ > 0; }
  const rvfb_counters& counters() const { return counters_; }
  const AirCounts& airCounts() const { return air_; }

 private:
  static constexpr std::size_t kEventsMax = 256;
  void post(const CommitterEvent& event);

  rvfb_counters counters_{};
  AirCounts air_;
  std::array<CommitterEvent, kEventsMax> events_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
  std::uint64_t standInTicks_ = 0;
  // Of the last tick that stood in.
  std::uint32_t kind_ = 0;
  std::uint32_t reason_ = 0;
  std::uint32_t refusing_ = 0;
};

}  // namespace retrovue::framebus
