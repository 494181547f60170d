#pragma once
#include <retrovue/expected.h>
#include <retrovue/libav/handles.h>

#include <array>

namespace retrovue::libav {

/// How two pictures differ.
struct PictureComparison {
  /// Every sample of every plane is equal.
  bool exact = false;
  /// Over all planes, in dB against the full range of the samples; infinite where they are equal.
  double psnrDb = 0;
  /// Of each plane; infinite for planes that are equal, and that are not there.
  std::array<double, 3> planesDb{};
};

/// Compares the planes that are shown. `InvalidArgument` where the pictures are of different format or size.
Expected<PictureComparison> comparePictures(const AVFrame& first, const AVFrame& second);

}  // namespace retrovue::libav
