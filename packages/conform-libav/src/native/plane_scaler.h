#pragma once
#include <cstring>

#include "filter_bank.h"
#include "row_tables.h"
#include "surface.h"
#include "word_rows.h"

namespace retrovue::conform {

/// Scales one plane of deep samples, row by row, into units: what is the same for all planes of its size. Immutable once
/// prepared.
class PlaneScaler {
 public:
  /// False where a filter spans more than vectors can pick from, or memory is short.
  bool prepare(const WordPasses& passes, Filter filter, const Axis& x, const Axis& y, int depth);

  int taps() const { return down_.taps; }
  /// Units of a row of its rings and results, padded as the passes want it.
  std::size_t rowUnits() const { return rowUnits_; }
  /// The first source row that output row `y` is made of.
  int top(int y) const { return copiesDown_ ? y : down_.left[static_cast<std::size_t>(y)]; }
  /// Scales one source row across.
  void across(const std::uint16_t* row, std::int16_t* into) const;
  /// Makes output row `y` of the `taps` rows from `top(y)` on.
  void down(const std::int16_t* const* rows, int y, std::int16_t* into) const;

 private:
  const WordPasses* passes_ = nullptr;
  int depth_ = 0;
  int columns_ = 0;
  std::size_t rowUnits_ = 0;
  bool copiesAcross_ = false, copiesDown_ = false;
  int pairsAcross_ = 0;
  Reach reach_ = Reach::one;
  OwnedRowTables tables_;
  FilterBank down_;
};

/// The rows of one plane on their way through a `PlaneScaler`: those scaled across that rows below may still want.
class PlaneRows {
 public:
  bool prepare(const PlaneScaler& scaler);
  /// Before each picture.
  void restart() { ready_ = 0; }
  /// Makes row `y`, of ascending ones, of what `source` says row n is: a borrowed pointer, wanted until the next one is asked for.
  template <class Source>
  void row(int y, const Source& source, std::int16_t* into) {
    const int top = scaler_->top(y), taps = scaler_->taps();
    if (taps == 1) {
      scaler_->across(source(top), into);
      return;
    }
    const std::int16_t* rows[2 * tapPairsMax] = {};
    if (ready_ < top) ready_ = top;
    for (; ready_ < top + taps; ++ready_) scaler_->across(source(ready_), ringRow(ready_));
    for (int t = 0; t < taps; ++t) rows[t] = ringRow(top + t);
    scaler_->down(rows, y, into);
  }

 private:
  std::int16_t* ringRow(int n) const {
    return reinterpret_cast<std::int16_t*>(ring_.get()) + static_cast<std::size_t>(n % scaler_->taps()) * scaler_->rowUnits();
  }

  const PlaneScaler* scaler_ = nullptr;
  AlignedBytes ring_;
  int ready_ = 0;
};

}  // namespace retrovue::conform
