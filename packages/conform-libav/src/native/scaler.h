#pragma once
#include <zimg.h>

#include <atomic>
#include <memory>

#include "recipe.h"
#include "retrovue/expected.h"
#include "row_reader.h"
#include "surface.h"

namespace retrovue::conform {

/// One end of a conversion: a planar picture, its size a whole number of chroma samples.
struct ImageSpec {
  int width = 0, height = 0;
  int log2X = 0, log2Y = 0;
  int bytes = 1;
  int depth = 8;
  bool isRgb = false;
  Colour colour;
  zimg_chroma_location_e chroma = ZIMG_CHROMA_LEFT;
  /// The part that is shown, of the source only.
  double cutX = 0, cutY = 0, cutWidth = 0, cutHeight = 0;
};

/// How far colour samples lie from the middle of the pixels that share one, right or down, as a part of their own distance.
double colourShiftAcross(const ImageSpec& spec);
double colourShiftDown(const ImageSpec& spec);

/// Where rows come from: planes that zimg can read as they are, or a picture that a reader takes apart row by row.
struct RowSource {
  const RowReader* reader = nullptr;
  PictureIn picture;
};

/// Where rows go: planes in memory. What is written may be narrower and lower than the image (odd programs).
struct RowSink {
  PictureOut picture;
  int width = 0, height = 0;
};

/// A zimg graph with what it works in. zimg itself walks through the picture in tiles that stay in cache; rows that it
/// cannot read or write where they lie pass through rings of a few rows. Used by one thread at a time; allocates when made.
class Scaler {
 public:
  static Expected<std::unique_ptr<Scaler>> make(const ImageSpec& from, const ImageSpec& into, Filter filter);
  ~Scaler();
  Scaler(const Scaler&) = delete;
  Scaler& operator=(const Scaler&) = delete;

  /// Converts one picture. Looks at `cancelled` row by row: then `Cancelled`, and the target is undefined.
  Expected<void> run(const RowSource& source, const RowSink& sink, const std::atomic<bool>& cancelled);

  const ImageSpec& from() const { return from_; }
  const ImageSpec& into() const { return into_; }

 private:
  /// Rows of all planes, a power of two of them, or all there are.
  struct Ring {
    AlignedBytes memory;
    zimg_image_buffer buffer{};
  };
  struct Run;

  Scaler(const ImageSpec& from, const ImageSpec& into) : from_(from), into_(into) {}
  static bool allocate(Ring& ring, const ImageSpec& spec, unsigned rows);
  static int unpack(void* run, unsigned y, unsigned left, unsigned right);
  static int pack(void* run, unsigned y, unsigned left, unsigned right);

  ImageSpec from_;
  ImageSpec into_;
  zimg_filter_graph* graph_ = nullptr;
  AlignedBytes work_;
  Ring input_;
  Ring output_;
};

}  // namespace retrovue::conform
