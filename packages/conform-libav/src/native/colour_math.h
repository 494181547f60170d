#pragma once
#include <array>

namespace retrovue::conform {

using Rgb = std::array<double, 3>;

/// PQ: light in candela per square metre (0 to 10 000) of a signal of 0 to 1, and back (ITU-R BT.2100-2, table 4).
double pqToLight(double signal);
double lightToPq(double light);

/// HLG: scene light of 0 to 1 of a signal of 0 to 1 (BT.2100-2, table 5, inverse OETF).
double hlgToScene(double signal);

/// HLG's OOTF (BT.2100-2, table 5): scene light of BT.2020 primaries as shown by a display of `peak` candela per square
/// metre, black at 0, system gamma 1.2 (right for the 1 000 used here).
Rgb hlgToDisplay(const Rgb& scene, double peak);

/// The tone curve of BT.2390-10, 5.4.1 (EETF): light of a picture mastered to `sourcePeak` for a display of `targetPeak`, black
/// at 0 on both. Unchanged below the knee, then a Hermite spline that ends at the target's peak.
double toneMapped(double light, double sourcePeak, double targetPeak);

/// Linear light from BT.2020 to BT.709 primaries (BT.2407-0, annex: the inverse of BT.2087-0's matrix). May be negative.
Rgb bt2020ToBt709(const Rgb& light);

/// Brings a colour outside BT.709 in: straight towards the grey of its own luminance until no component is negative or
/// above 1. Hue and luminance stay, as hard clipping would not have them.
Rgb intoGamut(const Rgb& light);

/// Signal of 0 to 1 that a reference display (BT.1886, gamma 2.4, black at 0) shows as this light of 0 to 1.
double lightToBt1886(double light);

}  // namespace retrovue::conform
