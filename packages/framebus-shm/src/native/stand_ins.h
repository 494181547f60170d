#pragma once
#include <retrovue/frame_bus.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "asset_book.h"

namespace retrovue::framebus {

/// What the plan has from `firstTick` on.
struct Expectation {
  std::int64_t firstTick = 0;
  std::array<std::uint8_t, 16> segmentId{};
  std::uint64_t planRevision = 0;
  std::string assetUri;
  std::string assetTitle;
  bool pad = false;
  /// The committer's: where the asset's text lies on the bus.
  AssetPlace place{};
  bool placed = false;
};

enum class StandInKind : std::uint8_t { hold, slate, black };

struct StandInPolicy {
  std::uint32_t holdTicksMax = 60;  // As the memory bus has it: 2 s at every rate up to 30.
  StandInKind after = StandInKind::slate;
};

/// What stands in for one tick.
struct StandIn {
  StandInKind kind;
  std::uint32_t reason;
  Expectation* expectation;  // Null where the plan told nothing.
};

/// Decides what airs where a submission is missing: hold, slate, black (timing.md). Mirrors the core's
/// `standInFor` and `MemoryStandIns`; the contract suite runs over both.
class StandIns {
 public:
  StandInPolicy policy;
  std::uint32_t reason = RVFB_REASON_NONE;

  /// Replaces everything from the first new entry's tick on. At most 64 are kept beside the one in force.
  void expect(std::vector<Expectation> entries, std::int64_t next);
  /// Decides for `tick` and takes note that it aired.
  StandIn standInAt(std::int64_t tick);
  /// Takes note of a submitted slot; sets its discontinuity flag where it returns from a stand-in of ours.
  void noteAired(rvfb_slot& slot);
  /// The stand-in's slot, but for asset, sound and what the house grid says.
  rvfb_slot slotOf(const StandIn& what, std::int64_t tick, const rvfb_format& format) const;

 private:
  Expectation* at(std::int64_t tick);

  std::vector<Expectation> entries_;
  rvfb_slot shown_{};  // The last planned picture, if `canHold_`.
  bool canHold_ = false;
  std::uint32_t heldTicks_ = 0;
  bool standing_ = false;
};

}  // namespace retrovue::framebus
