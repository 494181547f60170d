#include "picture_converter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "deinterlacer.h"
#include "rotation.h"

namespace retrovue::conform {
namespace {

/// Beyond this a side is no picture: four times 8K. Keeps every product of sizes within range.
constexpr int sideMax = 32'768;

Failure refused(const char* why) {
  return {"UnsupportedMedia", why};
}

Failure outOfMemory() {
  return {"LimitExceeded", "There is no memory for a picture of this size"};
}

/// A surface as zimg reads it.
PictureIn planesOf(const Surface& surface) {
  PictureIn planes;
  for (int plane = 0; plane < 3; ++plane) {
    planes.plane[plane] = surface.row(plane, 0);
    planes.stride[plane] = surface.stride(plane);
  }
  return planes;
}

PictureOut writablePlanesOf(const Surface& surface) {
  PictureOut planes;
  for (int plane = 0; plane < 3; ++plane) {
    planes.plane[plane] = surface.row(plane, 0);
    planes.stride[plane] = surface.stride(plane);
  }
  return planes;
}

/// Where colour samples lie once the picture was turned. What comes to lie at the right has no name there: centred is a
/// quarter of a sample off.
zimg_chroma_location_e chromaOf(ChromaPosition position, int rotation) {
  using enum ChromaPosition;
  const bool atLeft = position == left || position == topLeft || position == bottomLeft;
  int x = atLeft ? -1 : 0;
  int y = position == top || position == topLeft ? -1 : position == bottom || position == bottomLeft ? 1 : 0;
  // Clockwise: what was at the left comes to the top.
  for (int turned = 0; turned < rotation; turned += 90) x = -std::exchange(y, x);
  if (x < 0) return y < 0 ? ZIMG_CHROMA_TOP_LEFT : y > 0 ? ZIMG_CHROMA_BOTTOM_LEFT : ZIMG_CHROMA_LEFT;
  return y < 0 ? ZIMG_CHROMA_TOP : y > 0 ? ZIMG_CHROMA_BOTTOM : ZIMG_CHROMA_CENTER;
}

bool isQuarter(int rotation) {
  return rotation == 90 || rotation == 270;
}

int evened(int length, int log2) {
  return ceilShift(length, log2) << log2;
}

/// Rows between two looks at `cancelled` where no library calls back.
constexpr int stripRows = 64;

}  // namespace

Expected<void> PictureConverter::check(const Recipe& r) {
  const auto side = [](int length) { return length >= 1 && length <= sideMax; };
  if (!side(r.sourceWidth) || !side(r.sourceHeight)) return refused("The picture has no size, or one beyond all bounds");
  if (!side(r.programWidth) || !side(r.programHeight)) return refused("The program has no size, or one beyond all bounds");
  const PixelLayout& program = layoutOf(r.programFormat);
  if (program.packing != Packing::planar || program.isRgb) return refused("The program must be planar YCbCr");
  if (r.rotation % 90 != 0 || r.rotation < 0 || r.rotation > 270) return refused("Pictures turn by quarters only");
  const bool cutInside = r.cutX >= 0 && r.cutY >= 0 && r.cutWidth >= 1 && r.cutHeight >= 1 &&
                         r.cutX + r.cutWidth <= r.sourceWidth && r.cutY + r.cutHeight <= r.sourceHeight;
  const bool placeInside = r.placeX >= 0 && r.placeY >= 0 && r.placeWidth >= 1 && r.placeHeight >= 1 &&
                           r.placeX + r.placeWidth <= r.programWidth && r.placeY + r.placeHeight <= r.programHeight;
  if (!cutInside || !placeInside) return refused("The picture is cut or placed outside");
  if (r.placeX % (1 << program.log2X) != 0 || r.placeY % (1 << program.log2Y) != 0)
    return refused("The picture is placed between colour samples");
  return {};
}

PictureConverter::PictureConverter(const Recipe& recipe)
    : recipe_(recipe),
      source_(layoutOf(recipe.sourceFormat)),
      program_(layoutOf(recipe.programFormat)),
      reader_(recipe.sourceFormat, recipe.sourceWidth, recipe.sourceHeight),
      painter_(recipe.programFormat, recipe.programWidth, recipe.programHeight, recipe.programColour.full),
      place_{recipe.placeX, recipe.placeY, recipe.placeWidth, recipe.placeHeight},
      fits_(fitsAlready()) {}

bool PictureConverter::fitsAlready() const {
  const Recipe& r = recipe_;
  const auto onGrid = [](double at, int log2) { return std::fmod(at, 1 << log2) == 0; };
  return r.sourceFormat == r.programFormat && r.rotation == 0 && !r.toneMapped &&
         sameMeaning(r.sourceColour, r.programColour) && r.cutWidth == r.placeWidth &&
         r.cutHeight == r.placeHeight && onGrid(r.cutX, program_.log2X) && onGrid(r.cutY, program_.log2Y);
}

PictureOut PictureConverter::placedIn(const PictureOut& into) const {
  PictureOut placed = into;
  for (int plane = 0; plane < program_.planes; ++plane) {
    const int log2X = plane == 0 ? 0 : program_.log2X, log2Y = plane == 0 ? 0 : program_.log2Y;
    placed.plane[plane] += static_cast<std::size_t>(place_.y >> log2Y) * into.stride[plane] +
                           static_cast<std::size_t>(place_.x >> log2X) * program_.bytes;
  }
  return placed;
}

void PictureConverter::copyRows(const PictureIn& from, const PictureOut& placed) const {
  for (int plane = 0; plane < program_.planes; ++plane) {
    const int log2X = plane == 0 ? 0 : program_.log2X, log2Y = plane == 0 ? 0 : program_.log2Y;
    const std::size_t bytes = rowBytes(program_, plane, place_.width);
    const int rows = rowsOf(program_, plane, place_.height);
    const std::uint8_t* source =
        from.plane[plane] + static_cast<std::size_t>(static_cast<int>(recipe_.cutY) >> log2Y) * from.stride[plane] +
        static_cast<std::size_t>(static_cast<int>(recipe_.cutX) >> log2X) * program_.bytes;
    for (int y = 0; y < rows; ++y)
      std::memcpy(placed.plane[plane] + y * placed.stride[plane], source + y * from.stride[plane], bytes);
  }
}

ImageSpec PictureConverter::sourceSpec() const {
  const Recipe& r = recipe_;
  // As stored, evened out; turned pictures are cut after the turn, so the cut turns with them.
  const double width = evened(r.sourceWidth, source_.log2X), height = evened(r.sourceHeight, source_.log2Y);
  ImageSpec spec;
  spec.bytes = source_.bytes;
  spec.depth = source_.depth;
  spec.isRgb = source_.isRgb;
  spec.colour = r.sourceColour;
  spec.chroma = chromaOf(r.chroma, r.rotation);
  const bool quarter = isQuarter(r.rotation);
  spec.width = static_cast<int>(quarter ? height : width);
  spec.height = static_cast<int>(quarter ? width : height);
  spec.log2X = quarter ? source_.log2Y : source_.log2X;
  spec.log2Y = quarter ? source_.log2X : source_.log2Y;
  spec.cutWidth = quarter ? r.cutHeight : r.cutWidth;
  spec.cutHeight = quarter ? r.cutWidth : r.cutHeight;
  const double fromRight = width - r.cutX - r.cutWidth, fromBottom = height - r.cutY - r.cutHeight;
  spec.cutX = r.rotation == 0 ? r.cutX : r.rotation == 90 ? fromBottom : r.rotation == 180 ? fromRight : r.cutY;
  spec.cutY = r.rotation == 0 ? r.cutY : r.rotation == 90 ? r.cutX : r.rotation == 180 ? fromBottom : fromRight;
  return spec;
}

ImageSpec PictureConverter::targetSpec() const {
  ImageSpec spec;
  spec.width = evened(place_.width, program_.log2X);
  spec.height = evened(place_.height, program_.log2Y);
  spec.log2X = program_.log2X;
  spec.log2Y = program_.log2Y;
  spec.bytes = program_.bytes;
  spec.depth = program_.depth;
  spec.colour = recipe_.programColour;
  return spec;
}

Expected<void> PictureConverter::makeScalers() {
  ImageSpec from = sourceSpec();
  const ImageSpec into = targetSpec();
  // A program of odd size is drawn a sample wider, so the cut reaches as much further.
  from.cutWidth *= static_cast<double>(into.width) / place_.width;
  from.cutHeight *= static_cast<double>(into.height) / place_.height;
  if (!recipe_.toneMapped) {
    if (hasWholeSamples()) byteScaler_ = ByteScaler::make(from, into, recipe_.filter);
    if (byteScaler_) return {};
    auto made = Scaler::make(from, into, recipe_.filter);
    if (!made) return made.failure();
    scaler_ = std::move(*made);
    return {};
  }
  toneScaler_ = ToneScaler::make(from, into, recipe_.filter, recipe_.sourcePeak);
  if (toneScaler_) return {};
  // Scaled and taken to R'G'B' of the source's own curve; the table does the rest; then on to the program.
  ImageSpec light = into;
  light.log2X = light.log2Y = 0;
  light.bytes = 2;
  light.depth = 16;
  light.isRgb = true;
  light.colour = {9, recipe_.sourceColour.transfer, 0, true};
  auto first = Scaler::make(from, light, recipe_.filter);
  if (!first) return first.failure();
  light.colour = {1, 1, 0, true};
  light.cutWidth = light.width;
  light.cutHeight = light.height;
  auto second = Scaler::make(light, into, recipe_.filter);
  if (!second) return second.failure();
  light_ = Surface(light.width, light.height, 0, 0, 2);
  if (!light_) return outOfMemory();
  toneMap_ = ToneMap::of(recipe_.sourceColour.transfer == 18 ? HdrCurve::hlg : HdrCurve::pq, recipe_.sourcePeak);
  scaler_ = std::move(*first);
  fromLight_ = std::move(*second);
  return {};
}

Expected<const Surface*> PictureConverter::prepare(const PictureIn& from, const Treatment& how) {
  const Surface* picture = nullptr;
  const int width = recipe_.sourceWidth, height = recipe_.sourceHeight;
  const auto blank = [&] { return Surface(width, height, source_.log2X, source_.log2Y, source_.bytes); };
  if (recipe_.fieldOrder != FieldOrder::progressive) {
    const auto pictures = history_.take(reader_, from, width, height, how.timeNs);
    if (!woven_) woven_ = blank();
    if (pictures.current == nullptr || !woven_) return outOfMemory();
    const bool first = how.field != Field::second;
    const bool keepBottom = (recipe_.fieldOrder == FieldOrder::bottomFirst) == first;
    deinterlace(*pictures.current, pictures.previous, keepBottom, first, source_.depth, woven_);
    picture = &woven_;
  }
  if (recipe_.rotation == 0) return picture;
  if (picture == nullptr) {
    if (!whole_) whole_ = blank();
    if (!whole_) return outOfMemory();
    reader_.readAll(from, whole_);
    picture = &whole_;
  }
  if (!turned_) {
    const ImageSpec spec = sourceSpec();
    turned_ = Surface(spec.width, spec.height, spec.log2X, spec.log2Y, spec.bytes);
    if (!turned_) return outOfMemory();
  }
  rotate(*picture, turned_, recipe_.rotation);
  return &turned_;
}

/// True if the picture's planes, and those of its place, have all the colour samples that their sizes ask for.
bool PictureConverter::hasWholeSamples() const {
  const Recipe& r = recipe_;
  const auto whole = [](int length, int log2) { return length % (1 << log2) == 0; };
  return source_.packing == Packing::planar && source_.planes == 3 && whole(r.sourceWidth, source_.log2X) &&
         whole(r.sourceHeight, source_.log2Y) && whole(r.placeWidth, program_.log2X) &&
         whole(r.placeHeight, program_.log2Y);
}

bool PictureConverter::canReadDirectly(const PictureIn& from) const {
  if (source_.packing != Packing::planar || recipe_.sourceWidth % (1 << source_.log2X) != 0 ||
      recipe_.sourceHeight % (1 << source_.log2Y) != 0) {
    return false;
  }
  for (int plane = 0; plane < source_.planes; ++plane) {
    if (reinterpret_cast<std::uintptr_t>(from.plane[plane]) % alignment != 0 || from.stride[plane] % alignment != 0)
      return false;
  }
  return true;
}

RowSource PictureConverter::sourceOf(const PictureIn& from, const Surface* prepared) const {
  RowSource source;
  if (prepared != nullptr) {
    source.picture = planesOf(*prepared);
  } else if (canReadDirectly(from)) {
    for (int plane = 0; plane < 3; ++plane) {
      source.picture.plane[plane] = from.plane[reader_.memoryPlane(plane)];
      source.picture.stride[plane] = from.stride[reader_.memoryPlane(plane)];
    }
  } else {
    source.reader = &reader_;
    source.picture = from;
  }
  return source;
}

Expected<void> PictureConverter::scale(const PictureIn& from, const Surface* prepared, const PictureOut& placed,
                                       const std::atomic<bool>& cancelled) {
  if (!scaler_ && !byteScaler_ && !toneScaler_) {
    auto made = makeScalers();
    if (!made) return made;
  }
  if (byteScaler_) return byteScaler_->run(prepared == nullptr ? from : planesOf(*prepared), placed, cancelled);
  const RowSource source = sourceOf(from, prepared);
  const RowSink sink{placed, place_.width, place_.height};
  if (toneScaler_) return toneScaler_->run(source, sink, cancelled);
  if (!recipe_.toneMapped) return scaler_->run(source, sink, cancelled);
  auto done = scaler_->run(source, {writablePlanesOf(light_), light_.width(), light_.height()}, cancelled);
  if (!done) return done;
  for (int y = 0; y < light_.height(); y += stripRows) {
    if (cancelled.load()) return Failure{"Cancelled", "The conversion was cancelled"};
    toneMap_->apply(light_, y, std::min(y + stripRows, light_.height()));
  }
  RowSource toned;
  toned.picture = planesOf(light_);
  return fromLight_->run(toned, sink, cancelled);
}

Expected<void> PictureConverter::convert(const PictureIn& from, const PictureOut& into, const Treatment& how,
                                         const std::atomic<bool>& cancelled) {
  if (cancelled.load()) return Failure{"Cancelled", "The conversion was cancelled"};
  const Area whole{0, 0, recipe_.programWidth, recipe_.programHeight};
  const int alpha = static_cast<int>(std::lround(std::clamp(how.alpha, 0.0, 1.0) * 65536));
  if (alpha == 0) {
    painter_.paintBlack(into, whole);
    return {};
  }
  if (!how.inPlace) {
    const PictureOut placed = placedIn(into);
    const auto prepared = prepare(from, how);
    if (!prepared) return prepared.failure();
    if (fits_) {
      copyRows(*prepared == nullptr ? from : planesOf(**prepared), placed);
    } else {
      auto scaled = scale(from, *prepared, placed, cancelled);
      if (!scaled) return scaled;
    }
    painter_.paintBars(into, place_);
  }
  if (alpha < 65536) painter_.dim(into, how.inPlace ? whole : place_, alpha);
  return {};
}

}  // namespace retrovue::conform
