#include "plane_scaler.h"

namespace retrovue::conform {
namespace {

bool copies(const Axis& axis) {
  return axis.samples == axis.outputs && axis.start == 0 && axis.step == 1;
}

}  // namespace

bool PlaneScaler::prepare(const WordPasses& passes, Filter filter, const Axis& x, const Axis& y, int depth) {
  passes_ = &passes;
  depth_ = depth;
  columns_ = x.outputs;
  rowUnits_ = (static_cast<std::size_t>(x.outputs) + 2 * wordVector - 1) / (2 * wordVector) * (2 * wordVector);
  copiesAcross_ = copies(x);
  copiesDown_ = copies(y);
  if (copiesDown_) {
    down_.taps = 1;
  } else {
    down_ = filterBank(filter, y);
    if (down_.taps == 0 || down_.taps > 2 * tapPairsMax) return false;
  }
  if (copiesAcross_) return true;
  const FilterBank bank = filterBank(filter, x);
  if (bank.taps == 0 || bank.taps > 2 * tapPairsMax) return false;
  pairsAcross_ = bank.taps / 2;
  for (reach_ = Reach::one;; reach_ = Reach::two) {
    OwnedRowTables tables;
    if (makeRowTables(tables, bank, x.samples, 2, reach_, passes.lanes)) {
      tables_ = std::move(tables);
      return true;
    }
    if (reach_ == Reach::two) return false;
  }
}

void PlaneScaler::across(const std::uint16_t* row, std::int16_t* into) const {
  if (copiesAcross_) passes_->lift(row, depth_, columns_, into);
  else passes_->across[reach_ == Reach::two ? 1 : 0][pairsAcross_ - 1](row, tables_.view, depth_, into);
}

void PlaneScaler::down(const std::int16_t* const* rows, int y, std::int16_t* into) const {
  const auto taps = static_cast<std::size_t>(down_.taps);
  passes_->down[taps / 2 - 1](rows, &down_.weights[static_cast<std::size_t>(y) * taps], columns_, into);
}

bool PlaneRows::prepare(const PlaneScaler& scaler) {
  scaler_ = &scaler;
  if (scaler.taps() == 1) return true;
  ring_ = alignedBytes(scaler.rowUnits() * static_cast<std::size_t>(scaler.taps()) * sizeof(std::int16_t));
  return ring_ != nullptr;
}

}  // namespace retrovue::conform
