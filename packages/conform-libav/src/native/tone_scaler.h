#pragma once
#include <array>
#include <atomic>
#include <memory>

#include "dither.h"
#include "plane_scaler.h"
#include "retrovue/expected.h"
#include "scaler.h"
#include "tone_cube.h"

namespace retrovue::conform {

/// PQ or HLG pictures to standard range and the program's size, layout and depth, in one pass: a row is scaled, goes through the
/// table and is halved and dithered while it lies in cache; between its steps it is units (word_rows.h). What zimg, `ToneMap` and
/// zimg again make of a whole picture each, sample for sample but for what they round. Used by one thread; allocates when made.
class ToneScaler {
 public:
  /// Null where this is not for it: the processor lacks its instructions, samples are not deep YCbCr of BT.2020, the program
  /// is not YCbCr of BT.709 primaries, or so much is left out that a filter spans too many samples.
  static std::unique_ptr<ToneScaler> make(const ImageSpec& from, const ImageSpec& into, Filter filter, int sourcePeak,
                                          const WordPasses* passes = wordPassesOfThisProcessor());

  /// Converts one picture. Looks at `cancelled` row by row: then `Cancelled`, and the target is undefined.
  Expected<void> run(const RowSource& source, const RowSink& sink, const std::atomic<bool>& cancelled);

 private:
  ToneScaler(const WordPasses& passes, const ImageSpec& from, const ImageSpec& into)
      : passes_(passes), from_(from), into_(into), dither_(into.depth) {}
  bool prepare(Filter filter);
  bool prepareRows();
  const std::uint16_t* sourceRow(const RowSource& source, int plane, int y);
  /// A whole row of the target's size through the table, as units.
  void toneRow(const RowSource& source, int y);
  /// Halves, where the program has half the colours, and keeps or writes the colours of row `y`.
  void finishColours(int y, const RowSink& sink);
  void emit(const std::int16_t* row, int plane, int y, const RowSink& sink) const;

  const WordPasses& passes_;
  const ImageSpec from_;
  const ImageSpec into_;
  std::shared_ptr<const ToneCube> cube_;
  ToneRow tone_;
  const Dither dither_;
  PlaneScaler luma_, colour_;
  std::array<PlaneRows, 3> rows_;
  /// Away from the ends of a row, how many units left of output n's own two its taps begin, and which pass of `halve` has them.
  struct Halving {
    int left = 0, which = 0;
    std::array<std::int16_t, 2 * tapPairsMax> weights{};
  };
  Halving halving_;
  /// The program's colours to half their height.
  FilterBank down_;
  int finished_ = 0;
  AlignedBytes memory_;
  /// Rows of units: three at the target's size, with a margin on either side; three that are being made, and two rings.
  std::array<std::int16_t*, 3> toned_{};
  std::array<std::int16_t*, 3> rings_{};
  std::int16_t* made_ = nullptr;
  std::size_t rowUnits_ = 0;
  std::array<AlignedBytes, 3> read_;
};

}  // namespace retrovue::conform
