#pragma once
#include <cstddef>
#include <cstdint>

namespace retrovue::conform {

/// Weights of samples, as parts of one: within 16 bits with their sign, though the middle one be above 1.
constexpr int weightBits = 14;
/// Samples between the two passes: 7 bits below the point, less this, so that overshoots at either end fit 16 bits.
constexpr int betweenBits = 7;
constexpr int betweenBias = 1 << 14;

/// What a row is narrowed or widened by, as vectors want it. Outputs come in blocks of 8 for each 128-bit lane; a block is
/// made in two halves, whose lanes take the quads of outputs in turn, so that packing them puts all in order.
struct RowTables {
  int blocks = 0;
  /// Per half and lane: where its 16 bytes of source begin.
  const std::int32_t* bases = nullptr;
  /// Per half, pair of taps and lane: 16 bytes that pick the samples as words, and 8 weights of 16 bits.
  const std::uint8_t* picks = nullptr;
  const std::int16_t* weights = nullptr;
};

/// Pairs of taps that there are passes for: what spans more samples is left to zimg.
constexpr int tapPairsMax = 8;

/// One instruction set's passes, by pairs of taps less one. Tables and rows in between are aligned to 64 bytes.
struct RowPasses {
  /// 128-bit lanes of a vector.
  int lanes;
  /// Across: fills `tables.blocks` · 8 · lanes words.
  void (*across[tapPairsMax])(const std::uint8_t* row, const RowTables& tables, std::int16_t* into);
  /// Down: `columns` (a multiple of 16 · lanes) bytes of as many rows as there are taps.
  void (*down[tapPairsMax])(const std::int16_t* const* rows, const std::int16_t* weights, int columns,
                            std::uint8_t* into);
};

extern const RowPasses avx2Passes;
extern const RowPasses avx512Passes;

}  // namespace retrovue::conform
