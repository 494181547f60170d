#include "colour_math.h"

#include <algorithm>
#include <cmath>

namespace retrovue::conform {
namespace {

// ITU-R BT.2100-2, table 4.
constexpr double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128;
constexpr double c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
constexpr double pqPeak = 10'000;

// ITU-R BT.2100-2, table 5.
constexpr double hlgA = 0.17883277, hlgB = 1 - 4 * hlgA, hlgC = 0.55991073;
constexpr double hlgGamma = 1.2;

double luminance2020(const Rgb& light) {
  return 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
}

}  // namespace

double pqToLight(double signal) {
  const double power = std::pow(std::max(signal, 0.0), 1 / m2);
  return pqPeak * std::pow(std::max(power - c1, 0.0) / (c2 - c3 * power), 1 / m1);
}

double lightToPq(double light) {
  const double power = std::pow(std::max(light, 0.0) / pqPeak, m1);
  return std::pow((c1 + c2 * power) / (1 + c3 * power), m2);
}

double hlgToScene(double signal) {
  const double value = std::max(signal, 0.0);
  return value <= 0.5 ? value * value / 3 : (std::exp((value - hlgC) / hlgA) + hlgB) / 12;
}

Rgb hlgToDisplay(const Rgb& scene, double peak) {
  const double luminance = luminance2020(scene);
  const double factor = luminance > 0 ? peak * std::pow(luminance, hlgGamma - 1) : 0;
  return {scene[0] * factor, scene[1] * factor, scene[2] * factor};
}

double toneMapped(double light, double sourcePeak, double targetPeak) {
  const double top = lightToPq(sourcePeak);
  const double most = lightToPq(targetPeak) / top;
  const double knee = 1.5 * most - 0.5;
  const double signal = std::min(lightToPq(light) / top, 1.0);
  if (signal < knee) return light;
  const double t = (signal - knee) / (1 - knee), t2 = t * t, t3 = t2 * t;
  const double mapped =
      (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * most;
  return pqToLight(mapped * top);
}

Rgb bt2020ToBt709(const Rgb& light) {
  const auto [r, g, b] = light;
  return {1.660491 * r - 0.587641 * g - 0.072850 * b, -0.124550 * r + 1.132900 * g - 0.008349 * b,
          -0.018151 * r - 0.100579 * g + 1.118730 * b};
}

Rgb intoGamut(const Rgb& light) {
  // BT.709-6, 3.2.
  const double grey = std::clamp(0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2], 0.0, 1.0);
  double share = 1;
  for (const double value : light) {
    if (value < 0) share = std::min(share, grey / (grey - value));
    if (value > 1) share = std::min(share, (1 - grey) / (value - grey));
  }
  Rgb inside;
  for (int i = 0; i < 3; ++i) inside[i] = std::clamp(grey + share * (light[i] - grey), 0.0, 1.0);
  return inside;
}

double lightToBt1886(double light) {
  return std::pow(std::clamp(light, 0.0, 1.0), 1 / 2.4);
}

}  // namespace retrovue::conform
