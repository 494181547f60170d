#pragma once
// The two passes, written once for vectors of any width: included by one source for each instruction set, which says what
// `Lanes` is. Nothing of the standard library may be compiled here: the linker could take such a copy for all of the program.
#include <immintrin.h>

#include "byte_rows.h"

namespace retrovue::conform {
namespace {

constexpr int laneBytes = 16;
/// Half a step for rounding, with the bias of the words between taken off or put back.
constexpr int acrossShift = weightBits - betweenBits;
constexpr std::int32_t acrossRounding = (1 << (acrossShift - 1)) - (betweenBias << acrossShift);
constexpr int downShift = weightBits + betweenBits;
constexpr std::int32_t downRounding = (1 << (downShift - 1)) + (betweenBias << weightBits);

/// Four outputs a lane.
template <class Lanes, int pairs>
[[gnu::always_inline]] inline typename Lanes::Vector quads(const std::uint8_t* row, const std::int32_t* bases,
                                                           const std::uint8_t* picks, const std::int16_t* weights) {
  const auto samples = Lanes::gather(row, bases);
  auto sum = Lanes::each32(acrossRounding);
#pragma GCC unroll 8
  for (int pair = 0; pair < pairs; ++pair) {
    const auto picked = Lanes::pick(samples, Lanes::load(picks + pair * laneBytes * Lanes::count));
    sum = Lanes::add32(sum, Lanes::madd(picked, Lanes::load(weights + pair * 8 * Lanes::count)));
  }
  return Lanes::template shiftRight<acrossShift>(sum);
}

template <class Lanes, int pairs>
void acrossBy(const std::uint8_t* row, const RowTables& tables, std::int16_t* into) {
  constexpr int perHalf = pairs * laneBytes * Lanes::count;
  const std::int32_t* bases = tables.bases;
  const std::uint8_t* picks = tables.picks;
  const std::int16_t* weights = tables.weights;
  for (int block = tables.blocks; block > 0; --block) {
    const auto even = quads<Lanes, pairs>(row, bases, picks, weights);
    const auto odd = quads<Lanes, pairs>(row, bases + Lanes::count, picks + perHalf, weights + perHalf / 2);
    Lanes::store(into, Lanes::pack32(even, odd));
    bases += 2 * Lanes::count;
    picks += 2 * perHalf;
    weights += perHalf;
    into += 8 * Lanes::count;
  }
}

template <class Lanes, int pairs>
[[gnu::always_inline]] inline typename Lanes::Vector words(const std::int16_t* const* rows,
                                                           const typename Lanes::Vector* weights, int x) {
  auto low = Lanes::each32(downRounding), high = low;
#pragma GCC unroll 8
  for (int pair = 0; pair < pairs; ++pair) {
    const auto a = Lanes::load(rows[2 * pair] + x), b = Lanes::load(rows[2 * pair + 1] + x);
    low = Lanes::add32(low, Lanes::madd(Lanes::low16(a, b), weights[pair]));
    high = Lanes::add32(high, Lanes::madd(Lanes::high16(a, b), weights[pair]));
  }
  return Lanes::pack32(Lanes::template shiftRight<downShift>(low), Lanes::template shiftRight<downShift>(high));
}

template <class Lanes, int pairs>
void downBy(const std::int16_t* const* rows, const std::int16_t* weights, int columns, std::uint8_t* into) {
  typename Lanes::Vector both[pairs];
  const std::int16_t* from[2 * pairs];
  for (int pair = 0; pair < pairs; ++pair) {
    both[pair] = Lanes::each32(static_cast<std::int32_t>(static_cast<std::uint16_t>(weights[2 * pair]) |
                                                         static_cast<std::uint32_t>(weights[2 * pair + 1]) << 16));
    from[2 * pair] = rows[2 * pair];
    from[2 * pair + 1] = rows[2 * pair + 1];
  }
  constexpr int step = 16 * Lanes::count;
  for (int x = 0; x < columns; x += step) {
    const auto left = words<Lanes, pairs>(from, both, x), right = words<Lanes, pairs>(from, both, x + step / 2);
    Lanes::store(into + x, Lanes::packBytes(left, right));
  }
}

/// The passes for each number of pairs, from one on.
template <class Lanes>
constexpr RowPasses passesFor() {
  return {Lanes::count,
          {acrossBy<Lanes, 1>, acrossBy<Lanes, 2>, acrossBy<Lanes, 3>, acrossBy<Lanes, 4>, acrossBy<Lanes, 5>,
           acrossBy<Lanes, 6>, acrossBy<Lanes, 7>, acrossBy<Lanes, 8>},
          {downBy<Lanes, 1>, downBy<Lanes, 2>, downBy<Lanes, 3>, downBy<Lanes, 4>, downBy<Lanes, 5>, downBy<Lanes, 6>,
           downBy<Lanes, 7>, downBy<Lanes, 8>}};
}

}  // namespace
}  // namespace retrovue::conform
