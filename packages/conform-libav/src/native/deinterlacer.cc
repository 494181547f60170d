#include "deinterlacer.h"

#include <algorithm>
#include <cstring>

#include "vectors.h"

namespace retrovue::conform {
namespace {

/// The rows around a missing one. Rows of the field that is kept: `up`, `down` beside it, `upper`, `lower` beyond; rows of
/// the missing parity in this picture: `here`, two above and two below. `was…` is the same in the picture before.
template <class Sample>
struct Rows {
  const Sample *up, *down, *upper, *lower;
  const Sample *here, *above, *below;
  const Sample *wasUp, *wasDown, *wasHere, *wasAbove, *wasBelow;
  Sample* into;
  int columns;
  int peak;
  bool averages;
};

/// How many times the measured motion a comb may be believed to be.
constexpr int combMotions = 4;

// The arithmetic below is written once, over a sample or over a vector of them. A vector's lanes are wide enough for nine
// times the sum of two samples: 16 bits for bytes, 32 for words.

template <class Sample>
struct One {
  using Value = int;
  using Element = int;
  static constexpr int lanes = 1;
  static RETROVUE_INLINE Value load(const Sample* at) { return *at; }
  static RETROVUE_INLINE void store(Sample* at, Value value) { *at = static_cast<Sample>(value); }
};

template <class Sample, class Lane>
struct Many {
  using Element = Lane;
  static constexpr int lanes = 32 / sizeof(Lane);
  typedef Lane Value __attribute__((vector_size(32)));
  typedef Sample Stored __attribute__((vector_size(32 / sizeof(Lane) * sizeof(Sample))));
  static RETROVUE_INLINE Value load(const Sample* at) {
    Stored stored;
    std::memcpy(&stored, at, sizeof stored);
    return __builtin_convertvector(stored, Value);
  }
  static RETROVUE_INLINE void store(Sample* at, Value value) {
    const Stored stored = __builtin_convertvector(value, Stored);
    std::memcpy(at, &stored, sizeof stored);
  }
};

template <class Value>
RETROVUE_INLINE Value least(Value a, Value b) {
  return a < b ? a : b;
}
template <class Value>
RETROVUE_INLINE Value most(Value a, Value b) {
  return a > b ? a : b;
}
template <class Value>
RETROVUE_INLINE Value distance(Value a, Value b) {
  return most(a, b) - least(a, b);
}

/// How alike the two lines are along an edge that leans by `lean`: it runs through up[x + lean] and down[x − lean].
template <class Lanes, class Sample>
RETROVUE_INLINE auto along(const Sample* up, const Sample* down, int x, int lean) {
  const auto pair = [=](int i) { return distance(Lanes::load(up + x + i + lean), Lanes::load(down + x + i - lean)); };
  return pair(-1) + pair(0) + pair(1);
}

template <class Lanes, class Sample>
RETROVUE_INLINE auto cubic(const Rows<Sample>& rows, int x) {
  using Value = typename Lanes::Value;
  // Weights of the cubic through four equally spaced lines, at its middle: −1, 9, 9, −1 of 16.
  const Value near = Lanes::load(rows.up + x) + Lanes::load(rows.down + x);
  const Value far = Lanes::load(rows.upper + x) + Lanes::load(rows.lower + x);
  const Value value = (9 * near - far + 8) >> 4;
  return least<Value>(most<Value>(value, Value{}), Value{} + static_cast<typename Lanes::Element>(rows.peak));
}

template <class Lanes, class Sample>
RETROVUE_INLINE auto leaning(const Rows<Sample>& rows, int x) {
  using Value = typename Lanes::Value;
  const Sample *up = rows.up, *down = rows.down;
  const auto middle = [=](int lean) -> Value {
    return (Lanes::load(up + x + lean) + Lanes::load(down + x - lean) + 1) >> 1;
  };
  Value best = along<Lanes>(up, down, x, 0) - 1;
  Value value = cubic<Lanes>(rows, x);
  for (const int side : {-1, 1}) {
    const Value gentle = along<Lanes>(up, down, x, side), steep = along<Lanes>(up, down, x, 2 * side);
    const auto leans = gentle < best;
    value = leans ? middle(side) : value;
    best = leans ? gentle : best;
    // A steep lean counts only where the gentle one was an improvement already: two far samples are alike by chance.
    const auto leansMore = leans & (steep < best);
    value = leansMore ? middle(2 * side) : value;
    best = leansMore ? steep : best;
  }
  return value;
}

/// Holds a value from the field itself within what the neighbours in time allow.
template <class Lanes, class Sample>
RETROVUE_INLINE auto bounded(const Rows<Sample>& rows, int x, typename Lanes::Value value) {
  using Value = typename Lanes::Value;
  const auto load = [x](const Sample* row) -> Value { return Lanes::load(row + x); };
  const auto atRest = [&](const Sample* now, const Sample* was) -> Value {
    return rows.averages ? (load(now) + load(was)) >> 1 : load(now);
  };
  const Value up = load(rows.up), down = load(rows.down);
  const Value still = atRest(rows.here, rows.wasHere);
  const Value above = atRest(rows.above, rows.wasAbove), below = atRest(rows.below, rows.wasBelow);
  const Value other = distance(load(rows.here), load(rows.wasHere)) >> 1;
  const Value own = (distance(load(rows.wasUp), up) + distance(load(rows.wasDown), down)) >> 1;
  // Where the line at rest stands out from both neighbours as the lines two away do, it may be the comb of something that
  // moved: the bound is widened by as much, but not beyond what the differences in time give reason for. At perfect rest
  // the finest detail stays; with a little noise, nearly all of it.
  const Value high = most<Value>(most<Value>(still - down, still - up), least<Value>(above - up, below - down));
  const Value low = least<Value>(least<Value>(still - down, still - up), most<Value>(above - up, below - down));
  const Value motion = most(other, own);
  const Value bound = most<Value>(motion, least<Value>(combMotions * motion, most<Value>(low, -high)));
  return least<Value>(most<Value>(value, still - bound), still + bound);
}

template <class Lanes, bool timely, bool leans, class Sample>
RETROVUE_INLINE void fillAt(const Rows<Sample>& rows, int x) {
  typename Lanes::Value value;
  if constexpr (leans) value = leaning<Lanes>(rows, x);
  else value = cubic<Lanes>(rows, x);
  if constexpr (timely) value = bounded<Lanes>(rows, x, value);
  Lanes::store(rows.into + x, value);
}

template <class Vector, bool timely, class Sample>
RETROVUE_INLINE void fillRow(const Rows<Sample>& rows) {
  // Three samples on each side are too near the edge for a lean.
  const int begin = std::min(3, rows.columns), end = std::max(begin, rows.columns - 3);
  int x = 0;
  for (; x < begin; ++x) fillAt<One<Sample>, timely, false>(rows, x);
  for (; x + Vector::lanes <= end; x += Vector::lanes) fillAt<Vector, timely, true>(rows, x);
  for (; x < end; ++x) fillAt<One<Sample>, timely, true>(rows, x);
  for (; x < rows.columns; ++x) fillAt<One<Sample>, timely, false>(rows, x);
}

using Bytes = Many<std::uint8_t, std::int16_t>;
using Words = Many<std::uint16_t, std::int32_t>;

RETROVUE_VECTORS void fillBytes(const Rows<std::uint8_t>& rows) {
  fillRow<Bytes, false>(rows);
}
RETROVUE_VECTORS void fillBytesTimely(const Rows<std::uint8_t>& rows) {
  fillRow<Bytes, true>(rows);
}
RETROVUE_VECTORS void fillWords(const Rows<std::uint16_t>& rows) {
  fillRow<Words, false>(rows);
}
RETROVUE_VECTORS void fillWordsTimely(const Rows<std::uint16_t>& rows) {
  fillRow<Words, true>(rows);
}

void fill(const Rows<std::uint8_t>& rows, bool timely) {
  timely ? fillBytesTimely(rows) : fillBytes(rows);
}
void fill(const Rows<std::uint16_t>& rows, bool timely) {
  timely ? fillWordsTimely(rows) : fillWords(rows);
}

template <class Sample>
void fillPlane(const Surface& current, const Surface* previous, int plane, int keep, bool first, int depth,
               Surface& into) {
  const int height = current.rows(plane);
  // The nearest row of the same parity: rows beyond the edge are those at it.
  const auto inside = [height](int y) {
    while (y < 0) y += 2;
    while (y >= height) y -= 2;
    return y < 0 ? 0 : y;
  };
  const auto at = [&inside, plane](const Surface& surface, int y) {
    return reinterpret_cast<const Sample*>(surface.row(plane, inside(y)));
  };
  const Surface& before = previous != nullptr ? *previous : current;
  for (int y = 0; y < height; ++y) {
    auto* row = reinterpret_cast<Sample*>(into.row(plane, y));
    const int columns = current.columns(plane);
    if ((y & 1) == keep || height < 2) {
      std::memcpy(row, current.row(plane, y), static_cast<std::size_t>(columns) * sizeof(Sample));
      continue;
    }
    const Rows<Sample> rows{at(current, y - 1), at(current, y + 1), at(current, y - 3), at(current, y + 3),
                            at(current, y),     at(current, y - 2), at(current, y + 2), at(before, y - 1),
                            at(before, y + 1),  at(before, y),      at(before, y - 2),  at(before, y + 2),
                            row,                columns,            (1 << depth) - 1,   first};
    fill(rows, previous != nullptr);
  }
}

}  // namespace

void deinterlace(const Surface& current, const Surface* previous, bool keepBottom, bool first, int depth,
                 Surface& into) {
  for (int plane = 0; plane < 3; ++plane) {
    if (current.bytes() == 1) fillPlane<std::uint8_t>(current, previous, plane, keepBottom, first, depth, into);
    else fillPlane<std::uint16_t>(current, previous, plane, keepBottom, first, depth, into);
  }
}

}  // namespace retrovue::conform
