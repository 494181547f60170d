#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "byte_rows.h"
#include "filter_bank.h"
#include "retrovue/expected.h"
#include "row_tables.h"
#include "scaler.h"
#include "surface.h"

namespace retrovue::conform {

/// Scales planes of 8 bits whose colour stays what it is: most of what a channel scales. zimg takes such pictures to 16 bits
/// and back in passes of their own; here a row is read once, lies in 16 bits only between the two filters, and is written once.
/// As exact as zimg (weights of 14 bits, 7 bits below the point in between). Used by one thread; allocates when made.
class ByteScaler {
 public:
  /// Null where this is not for it: the processor lacks its instructions, samples are deeper or change their meaning, planes
  /// are laid out differently, or so much is left out that a filter spans too many samples.
  static std::unique_ptr<ByteScaler> make(const ImageSpec& from, const ImageSpec& into, Filter filter,
                                          const RowPasses* passes = passesOfThisProcessor());

  /// The widest that there are; null where there are none.
  static const RowPasses* passesOfThisProcessor();

  /// Converts one picture. Looks at `cancelled` row by row: then `Cancelled`, and the target is undefined.
  Expected<void> run(const PictureIn& from, const PictureOut& into, const std::atomic<bool>& cancelled);

 private:
  /// Luma has one, both colour planes share one.
  struct Plane {
    int columns = 0, rows = 0;
    int pairsAcross = 0;
    OwnedRowTables across;
    FilterBank down;
    /// False where a filter spans more than vectors can pick from.
    bool prepare(int lanes, Filter filter, const Axis& x, const Axis& y);
  };

  explicit ByteScaler(const RowPasses& passes) : passes_(passes) {}
  bool scale(const Plane& plane, const std::uint8_t* from, std::size_t fromStride, std::uint8_t* into,
             std::size_t intoStride, const std::atomic<bool>& cancelled);

  const RowPasses& passes_;
  std::array<Plane, 2> planes_;
  /// Rows between the passes, as many as the filter down has taps, over and over.
  AlignedBytes between_;
  std::size_t betweenWords_ = 0;
};

}  // namespace retrovue::conform
