#include "deinterlacer.h"

#include <algorithm>
#include <cstring>

// One build for all machines: the row loop exists twice and the loader takes the one that the processor can run.
// Sanitizers do not bear such resolvers, and other compilers name them otherwise.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define RETROVUE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define RETROVUE_VECTORS
#endif
#define RETROVUE_INLINE inline __attribute__((always_inline))

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

RETROVUE_INLINE int distance(int a, int b) {
  return a > b ? a - b : b - a;
}

/// From the lines of its own field. An edge that leans by j runs through up[x + j] and down[x − j].
template <class Sample>
RETROVUE_INLINE int along(const Sample* up, const Sample* down, int x, int lean) {
  return distance(up[x - 1 + lean], down[x - 1 - lean]) + distance(up[x + lean], down[x - lean]) +
         distance(up[x + 1 + lean], down[x + 1 - lean]);
}

template <class Sample>
RETROVUE_INLINE int cubic(const Rows<Sample>& rows, int x) {
  // Weights of the cubic through four equally spaced lines, at its middle: −1, 9, 9, −1 of 16.
  const int value = (9 * (rows.up[x] + rows.down[x]) - rows.upper[x] - rows.lower[x] + 8) >> 4;
  return std::min(std::max(value, 0), rows.peak);
}

template <class Sample>
RETROVUE_INLINE int leaning(const Rows<Sample>& rows, int x) {
  const Sample *up = rows.up, *down = rows.down;
  int best = along(up, down, x, 0) - 1;
  int value = cubic(rows, x);
  const int left = along(up, down, x, -1), right = along(up, down, x, 1);
  const int farLeft = along(up, down, x, -2), farRight = along(up, down, x, 2);
  const bool toLeft = left < best;
  value = toLeft ? (up[x - 1] + down[x + 1] + 1) >> 1 : value;
  best = toLeft ? left : best;
  // A steep lean counts only where the gentle one was an improvement already: two far samples are alike by chance.
  const bool toFarLeft = toLeft && farLeft < best;
  value = toFarLeft ? (up[x - 2] + down[x + 2] + 1) >> 1 : value;
  best = toFarLeft ? farLeft : best;
  const bool toRight = right < best;
  value = toRight ? (up[x + 1] + down[x - 1] + 1) >> 1 : value;
  best = toRight ? right : best;
  const bool toFarRight = toRight && farRight < best;
  return toFarRight ? (up[x + 2] + down[x - 2] + 1) >> 1 : value;
}

/// Holds a value from the field itself within what the neighbours in time allow.
template <class Sample>
RETROVUE_INLINE int bounded(const Rows<Sample>& rows, int x, int value) {
  const int up = rows.up[x], down = rows.down[x];
  const int here = rows.here[x], was = rows.wasHere[x];
  const int still = rows.averages ? (here + was) >> 1 : here;
  const int above = rows.averages ? (rows.above[x] + rows.wasAbove[x]) >> 1 : rows.above[x];
  const int below = rows.averages ? (rows.below[x] + rows.wasBelow[x]) >> 1 : rows.below[x];
  const int other = distance(here, was) >> 1;
  const int own = (distance(rows.wasUp[x], up) + distance(rows.wasDown[x], down)) >> 1;
  // Where the line at rest stands out from both neighbours as the lines two away do, it may be the comb of something that
  // moved: the bound is widened by as much, but not beyond what the differences in time give reason for. At perfect rest
  // the finest detail stays; with a little noise, nearly all of it.
  const int most = std::max(std::max(still - down, still - up), std::min(above - up, below - down));
  const int least = std::min(std::min(still - down, still - up), std::max(above - up, below - down));
  const int motion = std::max(other, own);
  const int bound = std::max(motion, std::min(combMotions * motion, std::max(least, -most)));
  return std::min(std::max(value, still - bound), still + bound);
}

template <class Sample, bool timely>
RETROVUE_INLINE void fillRow(const Rows<Sample>& rows) {
  const int margin = std::min(3, rows.columns);
  const auto upright = [&rows](int from, int to) {
    for (int x = from; x < to; ++x) {
      const int value = cubic(rows, x);
      rows.into[x] = static_cast<Sample>(timely ? bounded(rows, x, value) : value);
    }
  };
  upright(0, margin);
  const int end = std::max(margin, rows.columns - 3);
  for (int x = margin; x < end; ++x) {
    const int value = leaning(rows, x);
    rows.into[x] = static_cast<Sample>(timely ? bounded(rows, x, value) : value);
  }
  upright(end, rows.columns);
}

RETROVUE_VECTORS void fillBytes(const Rows<std::uint8_t>& rows) {
  fillRow<std::uint8_t, false>(rows);
}
RETROVUE_VECTORS void fillBytesTimely(const Rows<std::uint8_t>& rows) {
  fillRow<std::uint8_t, true>(rows);
}
RETROVUE_VECTORS void fillWords(const Rows<std::uint16_t>& rows) {
  fillRow<std::uint16_t, false>(rows);
}
RETROVUE_VECTORS void fillWordsTimely(const Rows<std::uint16_t>& rows) {
  fillRow<std::uint16_t, true>(rows);
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
