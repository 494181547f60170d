#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "colour_math.h"
#include "surface.h"

namespace retrovue::conform {

enum class HdrCurve : std::uint8_t { pq, hlg };

/// What the table holds, exactly: a BT.2020 signal of 0 to 1 (PQ or HLG) as the signal of a 100 cd/m² BT.709 display.
Rgb shownInStandardRange(HdrCurve curve, const Rgb& signal);

/// Turns PQ or HLG pictures into standard dynamic range: a table of 65³ nodes over the signal, built once from
/// `shownInStandardRange` in double precision; between nodes a colour lies in one of six tetrahedra. Immutable once made, so
/// any number of threads may use one.
class ToneMap {
 public:
  static constexpr int nodes = 65;

  /// The table for a curve: made at first use, then shared by the whole process (2.2 MB each).
  static std::shared_ptr<const ToneMap> of(HdrCurve curve);

  explicit ToneMap(HdrCurve curve);
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
