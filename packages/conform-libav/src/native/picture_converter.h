#pragma once
#include <atomic>
#include <memory>

#include "byte_scaler.h"
#include "field_history.h"
#include "paint.h"
#include "recipe.h"
#include "retrovue/expected.h"
#include "row_reader.h"
#include "scaler.h"
#include "surface.h"
#include "tone_map.h"
#include "tone_scaler.h"

namespace retrovue::conform {

/// What is asked of one picture.
struct Treatment {
  Field field = Field::both;
  /// 0 black … 1 untouched.
  double alpha = 1;
  /// Media time; tells which pictures are neighbours.
  std::int64_t timeNs = 0;
  /// True if the picture lies in the buffer already.
  bool inPlace = false;
};

/// Converts pictures of one format: read, deinterlace, turn, then scale with all of colour in one pass, tone-map, place,
/// dim; each step only where it is wanted, and nothing but row copies where the format fits already. What it needs is made
/// at the first picture that needs it and kept. Used by one thread.
class PictureConverter {
 public:
  /// Refuses recipes that make no sense (`UnsupportedMedia`): from there on sizes and places can be trusted.
  static Expected<void> check(const Recipe& recipe);

  explicit PictureConverter(const Recipe& recipe);

  /// Fills the program picture, bars included. `Cancelled`, or why this format cannot be converted.
  Expected<void> convert(const PictureIn& from, const PictureOut& into, const Treatment& how,
                         const std::atomic<bool>& cancelled);

 private:
  /// True if samples need no change, once fields are one picture.
  bool fitsAlready() const;
  void copyRows(const PictureIn& from, const PictureOut& placed) const;
  PictureOut placedIn(const PictureOut& into) const;
  Expected<const Surface*> prepare(const PictureIn& from, const Treatment& how);
  Expected<void> makeScalers();
  Expected<void> scale(const PictureIn& from, const Surface* prepared, const PictureOut& placed,
                       const std::atomic<bool>& cancelled);
  bool hasWholeSamples() const;
  RowSource sourceOf(const PictureIn& from, const Surface* prepared) const;
  bool canReadDirectly(const PictureIn& from) const;
  ImageSpec sourceSpec() const;
  ImageSpec targetSpec() const;

  const Recipe recipe_;
  const PixelLayout& source_;
  const PixelLayout& program_;
  const RowReader reader_;
  const Painter painter_;
  const Area place_;
  const bool fits_;

  FieldHistory history_;
  Surface whole_;    ///< the picture taken apart, where it must be turned
  Surface woven_;    ///< deinterlaced
  Surface turned_;
  Surface light_;    ///< scaled R, G, B on the way through the tone map
  std::shared_ptr<const ToneMap> toneMap_;
  /// Instead of `scaler_`, or of that and the tone map, where they can.
  std::unique_ptr<ByteScaler> byteScaler_;
  std::unique_ptr<ToneScaler> toneScaler_;
  std::unique_ptr<Scaler> scaler_;
  std::unique_ptr<Scaler> fromLight_;
};

}  // namespace retrovue::conform
