#pragma once
#include "recipe.h"
#include "surface.h"

namespace retrovue::conform {

/// Makes a whole picture of one field. Its lines are kept as they are; each missing line is taken from the
/// neighbouring fields of the other parity where nothing moves, and made from the lines around it where something does.
///
/// Works with what has been: the picture before, never the one after, so that it adds no delay. Nothing moves where the
/// two fields of this picture and of the one before agree line for line (the differences and the bound on them are those
/// of yadif, which bwdif shares); how far a line may depart from its neighbours in time follows from these differences.
/// Lines made from their own field use the better of a four-line cubic and an edge that may lean by up to two samples.
///
/// @param current both fields of this picture, interleaved
/// @param previous the picture before it, or null where there is none (after a seek, or a still): then no line is taken from
///   elsewhere in time
/// @param keepBottom which field is shown: the rows of odd number, or of even
/// @param first true if that field is the earlier one of the two
/// @param depth bits of a sample
void deinterlace(const Surface& current, const Surface* previous, bool keepBottom, bool first, int depth, Surface& into);

}  // namespace retrovue::conform
