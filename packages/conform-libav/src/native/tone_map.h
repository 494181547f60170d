#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "colour_math.h"
#include "surface.h"

namespace retrovue::conform {

enum class HdrCurve : std::uint8_t { pq, hlg };

/// What programmes are mastered to unless they say otherwise (ITU-R BT.2408-7, 2.3), and the peak that HLG is shown with here
/// whatever it says (BT.2100-2, table 5), in candela per square metre.
constexpr int usualPeak = 1'000;
/// What may be said: more is more than PQ knows; with less there would be nothing to map.
constexpr int leastPeak = 200, greatestPeak = 10'000;

/// What the table holds, exactly: a BT.2020 signal of 0 to 1 (PQ or HLG) of pictures no brighter than `peak` as the signal of a
/// 100 cd/m² BT.709 display.
Rgb shownInStandardRange(HdrCurve curve, const Rgb& signal, double peak = usualPeak);

/// Turns PQ or HLG pictures into standard dynamic range: a table of 65³ nodes over the signal, built from
/// `shownInStandardRange` in double precision; between nodes a colour lies in one of six tetrahedra. Immutable once made, so
/// any number of threads may use one.
class ToneMap {
 public:
  static constexpr int nodes = 65;

  /// The table for a curve and a peak (steps of 100, at most `greatestPeak`): made when first wanted, in some hundredths of a
  /// second, and shared by all of the process that use it at the time (2.2 MB each).
  static std::shared_ptr<const ToneMap> of(HdrCurve curve, int peak = usualPeak);

  /// The peak of the table that is used where pictures say this one.
  static int peakOf(HdrCurve curve, int peak);

  ToneMap(HdrCurve curve, int peak);
  /// R'G'B' of 0 to 1 at a node: blue runs fastest, then green.
  Rgb node(int index) const;
  /// In place: rows `[from, to)` of planar R, G, B of 16 bits, full range.
  void apply(const Surface& picture, int from, int to) const;

 private:
  struct Node {
    std::uint16_t r, g, b, unused;
  };
  static void mapRows(const Node* table, const Surface& picture, int from, int to);

  std::vector<Node> table_;
};

}  // namespace retrovue::conform
