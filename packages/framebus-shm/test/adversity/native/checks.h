#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench.h"
#include "report.h"

namespace retrovue::framebus::adversity {

using testing::Bench;
using testing::Reader;

/// The spec of the trials: small pictures and little sound, so that an instruction count means something.
BusSpec trialSpec();
/// Borrows, paints, hands over and releases `tick`, with the clock moved along: every field, pixel and sample
/// says which tick it is.
void air(Bench& bench, LaneWriter& lane, std::int64_t tick);
/// Puts the submission of `tick` together at the lane's next place, which must be free; `lane.submit()` hands
/// it over.
void putTogether(LaneWriter& lane, std::int64_t tick, std::uint32_t buffer);
/// Paints a whole buffer one word at a time.
void paint(std::byte* picture, std::uint64_t bytes, std::uint8_t shade);
/// True where every word of plane 0 has this shade.
bool hasShade(const rvfb_header& header, const rvfb_frame& frame, std::uint8_t shade);

/// Reads `tick`, which must be readable, and holds all that its slot says against what was handed over:
/// fields, pixels, sound, asset, and that its buffer was not lent again. Nobody may draw or commit meanwhile.
void checkTick(const Bench& bench, const Reader& reader, std::int64_t tick, Report& report);
/// `checkTick` of all readable ticks.
void checkReadable(const Bench& bench, const Reader& reader, Report& report);

/// Parts of what a process does, one after the other, by name, each with its length in steps. Trials are
/// spread over the parts in turn and over the steps of each: enough of them strike after every single step.
class Strikes {
 public:
  /// `stepsToEnd(part)`: steps from the beginning of the part to the end of all.
  Strikes(std::vector<std::string> parts, const std::function<std::uint64_t(const std::string&)>& stepsToEnd);

  struct Place {
    const std::string& part;
    std::uint64_t step;
  };
  Place of(std::uint32_t trial, std::uint32_t count, std::uint64_t random) const;
  /// Of all parts.
  std::uint64_t steps() const;

 private:
  std::vector<std::string> parts_;
  std::vector<std::uint64_t> lengths_;
};

/// Names in the folder that begin with the place's prefix.
int objectsOf(const Place& place);

}  // namespace retrovue::framebus::adversity
