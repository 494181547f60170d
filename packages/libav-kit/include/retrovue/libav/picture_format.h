#pragma once
#include <retrovue/libav/handles.h>

#include <cstdint>

namespace retrovue::libav {

/// How bright an asset says that its pictures are, in cd/m²; negative where it does not.
struct StatedLight {
  double masteringPeak = -1;
  double masteringFloor = -1;
  double contentPeak = -1;
  double frameAveragePeak = -1;

  bool operator==(const StatedLight&) const = default;
};

/// A picture's format in the port's own words (core/src/media/picture-format.ts). Strings are literals.
struct PictureFormat {
  int width = 0;
  int height = 0;
  const char* pixelFormat = nullptr;
  int sampleAspectNum = 1;
  int sampleAspectDen = 1;
  const char* primaries = "unknown";
  const char* transfer = "unknown";
  const char* matrix = "unknown";
  const char* range = "unknown";
  const char* fieldOrder = "progressive";
  int rotation = 0;
  /// Null where it is not said.
  const char* chromaPosition = nullptr;
  StatedLight light;

  bool operator==(const PictureFormat& other) const;
};

/// The port's name for a libav format, null where it has none. Full-range twins (yuvj420p) and formats with
/// alpha share the name of the planes that are shown.
const char* portPixelFormat(int format);
/// The format among the port's own that loses least; for formats that have no name of their own.
AVPixelFormat nearestPortFormat(AVPixelFormat format);
/// Planes that cross the port: alpha stays behind.
int portPlanes(AVPixelFormat format);
/// Rows of plane `plane`.
int planeRows(AVPixelFormat format, int plane, int height);
/// Bytes of picture in a row of plane `plane`.
int planeRowBytes(AVPixelFormat format, int plane, int width);

/// Reads a decoded frame's format. `rotation` is the stream's; a frame that says otherwise wins.
PictureFormat formatOf(const AVFrame& frame, AVRational sampleAspect, int rotation);
/// Takes up what a frame says of its pictures' light; what it does not say stays as it is.
void readLight(const AVFrame& frame, StatedLight& light);
/// What the container says of it.
StatedLight lightOf(const AVStream& stream);
/// Clockwise turn in degrees before showing, by the stream's display matrix; 0 where it has none or an odd
/// one.
int rotationOf(const AVStream& stream);
/// True where a frame is made of two fields.
bool isInterlaced(const AVFrame& frame);

}  // namespace retrovue::libav
