#pragma once
#include <house_time.h>

#include <cstdint>

namespace retrovue::renderer {

/// MPEG-TS time (ISO/IEC 13818-1, 2.4.2.1 and 2.4.3.7): PTS at 90 kHz and PCR at 27 MHz, which wrap together. All of it is
/// computed from tick and sample indices, never accumulated, so that a restarted encoder goes on with the same line.
inline constexpr std::int64_t kPtsPerSecond = 90'000;
inline constexpr std::int64_t kPcrPerSecond = 27'000'000;
inline constexpr std::int64_t kPtsModulus = std::int64_t{1} << 33;
inline constexpr std::int64_t kPcrModulus = kPtsModulus * 300;

inline std::int64_t floorMod(std::int64_t value, std::int64_t modulus) {
  const std::int64_t rest = value % modulus;
  return rest < 0 ? rest + modulus : rest;
}

/// `floor(index * unitsPerSecond * den / num)`, for negative indices as well (sound that primes a decoder comes first).
inline std::int64_t unitsAt(std::int64_t index, std::int64_t num, std::int64_t den, std::int64_t unitsPerSecond) {
  const auto scaled = static_cast<__int128>(index) * den * unitsPerSecond;
  auto units = scaled / num;
  if (scaled % num < 0) --units;
  return static_cast<std::int64_t>(units);
}

inline std::int64_t ptsOfTick(const framebus::HouseGrid& grid, std::int64_t tick) {
  return floorMod(unitsAt(tick, grid.rateNum, grid.rateDen, kPtsPerSecond), kPtsModulus);
}

inline std::int64_t ptsOfSample(const framebus::HouseGrid& grid, std::int64_t sample) {
  return floorMod(unitsAt(sample, grid.sampleRate, 1, kPtsPerSecond), kPtsModulus);
}

/// PCR `numerator / denominator` of the way through tick `tick`, and `delay` (27 MHz units) before it is shown.
inline std::int64_t pcrOfTick(const framebus::HouseGrid& grid, std::int64_t tick, std::int64_t numerator,
                              std::int64_t denominator, std::int64_t delay) {
  const std::int64_t from = unitsAt(tick, grid.rateNum, grid.rateDen, kPcrPerSecond);
  const std::int64_t to = unitsAt(tick + 1, grid.rateNum, grid.rateDen, kPcrPerSecond);
  return floorMod(from + (to - from) * numerator / denominator - delay, kPcrModulus);
}

}  // namespace retrovue::renderer
