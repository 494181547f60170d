#pragma once
#include <cstddef>
#include <cstdint>

#include "byte_rows.h"

namespace retrovue::conform {

// Rows of deep pictures on their way hold *units*: words in which the whole range of a sample, whatever its depth, is 15 bits
// about 0. Half a range is left over at either end for overshoots; colourless is 0.
constexpr int unitBits = 15;
constexpr int unitBias = 1 << (unitBits - 1);

/// Samples of a vector of any of the passes, at most: rows of units are readable and writable up to a multiple of it.
constexpr int wordVector = 32;

/// A table over R'G'B' (tone_cube.h), and how units come to lie in it: a place of 2^placeBits parts from node to node.
struct ToneRow {
  /// Nodes along each side.
  int nodes = 0;
  /// Four words each: minus brightness and both colours in units, one unused. Blue runs fastest.
  const std::int16_t* table = nullptr;
  /// What makes places on the sides of the table of units: `grey` of brightness, and its offset; of the colours.
  float grey = 0, greyOffset = 0, redByCr = 0, greenByCb = 0, greenByCr = 0, blueByCb = 0;
};

/// Bits of a place between two nodes.
constexpr int placeBits = 15;

/// How rows of units become samples.
struct Emission {
  int depth = 8;
  /// What is added to each, in units: 0 to just below a step. `wordVector` of them, over and over.
  const std::int16_t* dither = nullptr;
};

/// One instruction set's passes over deep rows. All but borrowed rows lie aligned to 64 bytes or do not care.
struct WordPasses {
  /// 128-bit lanes of a vector.
  int lanes;
  /// Across: samples of `depth` bits to `tables.blocks` · 8 · lanes units. By pairs of taps less one; the first eight find the
  /// samples of four outputs within 8, the others within 16.
  void (*across[2][tapPairsMax])(const std::uint16_t* row, const RowTables& tables, int depth, std::int16_t* into);
  /// Samples of `depth` bits as units, exactly `columns` of them read.
  void (*lift)(const std::uint16_t* row, int depth, int columns, std::int16_t* into);
  /// Down: units of as many rows as there are taps, by pairs of taps less one.
  void (*down[tapPairsMax])(const std::int16_t* const* rows, const std::int16_t* weights, int columns, std::int16_t* into);
  /// Across to half as many: output n is made of as many units from `row` + 2n on as there are taps: 8, or 12.
  void (*halve[2])(const std::int16_t* row, const std::int16_t* weights, int columns, std::int16_t* into);
  /// Brightness and colours through a table: units to units, in place.
  void (*tone)(const ToneRow& how, int columns, std::int16_t* luma, std::int16_t* cb, std::int16_t* cr);
  /// Whole vectors of samples: `columns` is a multiple of 16 · lanes.
  void (*emitBytes)(const std::int16_t* row, const Emission& how, int columns, std::uint8_t* into);
  void (*emitWords)(const std::int16_t* row, const Emission& how, int columns, std::uint16_t* into);
};

extern const WordPasses avx2WordPasses;
extern const WordPasses avx512WordPasses;

/// The widest that this processor has; null where there are none.
const WordPasses* wordPassesOfThisProcessor();

}  // namespace retrovue::conform
