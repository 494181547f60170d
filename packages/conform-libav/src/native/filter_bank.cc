#include "filter_bank.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace retrovue::conform {
namespace {

/// Mitchell and Netravali's cubic with b = 0 and c = 1/2 (Catmull and Rom's): zimg's "bicubic".
double bicubic(double x) {
  x = std::abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

double sinc(double x) {
  return x == 0 ? 1 : std::sin(x * std::numbers::pi) / (x * std::numbers::pi);
}

constexpr int lanczosLobes = 3;

double lanczos(double x) {
  return std::abs(x) < lanczosLobes ? sinc(x) * sinc(x / lanczosLobes) : 0;
}

/// Weights as whole numbers that add up to one: what rounding leaves over goes to the greatest, where it counts least.
void quantize(const std::vector<double>& exact, std::int16_t* into) {
  constexpr int one = 1 << weightBits;
  int sum = 0;
  std::size_t greatest = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    into[i] = static_cast<std::int16_t>(std::lround(exact[i] * one));
    sum += into[i];
    if (std::abs(exact[i]) > std::abs(exact[greatest])) greatest = i;
  }
  into[greatest] = static_cast<std::int16_t>(into[greatest] + one - sum);
}

}  // namespace

FilterBank filterBank(Filter filter, const Axis& axis) {
  const auto weigh = filter == Filter::lanczos ? lanczos : bicubic;
  // Smaller pictures: the filter grows with the step, so that nothing folds back.
  const double narrowing = std::min(1 / axis.step, 1.0);
  const double support = (filter == Filter::lanczos ? lanczosLobes : 2) / narrowing;
  const int taps = std::max(2, 2 * static_cast<int>(std::ceil(support)));
  FilterBank bank;
  if (axis.samples < taps) return bank;
  bank.taps = taps;
  bank.left.resize(static_cast<std::size_t>(axis.outputs));
  bank.weights.resize(static_cast<std::size_t>(axis.outputs) * static_cast<std::size_t>(taps));
  std::vector<double> exact(static_cast<std::size_t>(taps));
  for (int i = 0; i < axis.outputs; ++i) {
    const double centre = axis.start + (i + 0.5) * axis.step;
    const double first = std::floor(centre - taps / 2.0 + 0.5) + 0.5;
    double total = 0;
    for (int t = 0; t < taps; ++t) total += weigh((first + t - centre) * narrowing);
    const int left = std::clamp(static_cast<int>(std::floor(first)), 0, axis.samples - taps);
    std::fill(exact.begin(), exact.end(), 0.0);
    for (int t = 0; t < taps; ++t) {
      // Beyond its edges a picture is its own mirror image.
      double at = first + t;
      if (at < 0) at = -at;
      else if (at >= axis.samples) at = std::min(2.0 * axis.samples - at, axis.samples - 0.5);
      const int sample = std::clamp(static_cast<int>(std::floor(at)) - left, 0, taps - 1);
      exact[static_cast<std::size_t>(sample)] += weigh((first + t - centre) * narrowing) / total;
    }
    bank.left[static_cast<std::size_t>(i)] = left;
    quantize(exact, &bank.weights[static_cast<std::size_t>(i) * static_cast<std::size_t>(taps)]);
  }
  return bank;
}

}  // namespace retrovue::conform
