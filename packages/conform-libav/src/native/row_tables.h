#pragma once
#include <vector>

#include "byte_rows.h"
#include "filter_bank.h"
#include "surface.h"

namespace retrovue::conform {

/// `RowTables` with the memory that they lie in.
struct OwnedRowTables {
  RowTables view;
  std::vector<std::int32_t> bases;
  AlignedBytes picks;
  AlignedBytes weights;
};

/// Whether the samples that four outputs of a lane are made of lie within one vector of bytes or two.
enum class Reach : std::uint8_t { one, two };

/// Fills tables for rows of `samples` samples of 1 or 2 bytes and vectors of `lanes`. False where a filter spans more than
/// vectors can pick from, or memory is short.
bool makeRowTables(OwnedRowTables& tables, const FilterBank& bank, int samples, int sampleBytes, Reach reach, int lanes);

}  // namespace retrovue::conform
