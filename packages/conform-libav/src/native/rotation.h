#pragma once
#include "surface.h"

namespace retrovue::conform {

/// Turns a picture clockwise by 90, 180 or 270 degrees. `into` has the turned size and, at a quarter turn, the
/// subsampling of the two directions swapped.
void rotate(const Surface& from, Surface& into, int degrees);

}  // namespace retrovue::conform
