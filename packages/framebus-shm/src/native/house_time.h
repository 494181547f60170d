#pragma once
#include <cstdint>
#include <optional>

namespace retrovue::framebus {

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

/// House time as a function of CLOCK_MONOTONIC; the fields are those of `rvfb_mapping`.
struct ClockMapping {
  std::uint64_t sequence = 0;
  std::int64_t monoAnchor = 0;
  std::int64_t houseAnchor = 0;
  std::int64_t ratePpb = 0;

  /// Rounded down.
  std::int64_t houseAt(std::int64_t mono) const {
    const auto scaled = static_cast<__int128>(mono - monoAnchor) * (kNsPerSecond + ratePpb);
    auto elapsed = scaled / kNsPerSecond;
    if (scaled % kNsPerSecond < 0) --elapsed;
    return houseAnchor + static_cast<std::int64_t>(elapsed);
  }

  /// The first instant at which house time has reached `house`; nothing where time stands still before it.
  std::optional<std::int64_t> monoAt(std::int64_t house) const {
    const std::int64_t sinceAnchor = house - houseAnchor;
    const std::int64_t rate = kNsPerSecond + ratePpb;
    if (rate <= 0) return sinceAnchor <= 0 ? std::optional(monoAnchor) : std::nullopt;
    const auto scaled = static_cast<__int128>(sinceAnchor) * kNsPerSecond;
    auto elapsed = scaled / rate;
    if (scaled % rate > 0) ++elapsed;
    return monoAnchor + static_cast<std::int64_t>(elapsed);
  }
};

/// The grid of ticks and samples, as in the engine's core: integer arithmetic, exact for centuries.
struct HouseGrid {
  std::uint32_t rateNum = 1;
  std::uint32_t rateDen = 1;
  std::uint32_t sampleRate = 48'000;

  /// House time at which tick `n` is shown first.
  std::int64_t tickTime(std::int64_t n) const {
    return static_cast<std::int64_t>(static_cast<__int128>(n) * rateDen * kNsPerSecond / rateNum);
  }
  /// The tick on air at `house`; -1 before the epoch.
  std::int64_t tickAtOrBefore(std::int64_t house) const {
    if (house < 0) return -1;
    const auto scaled = (static_cast<__int128>(house) + 1) * rateNum - 1;
    return static_cast<std::int64_t>(scaled / (static_cast<__int128>(rateDen) * kNsPerSecond));
  }
  /// First sample of tick `n`.
  std::uint64_t sampleAt(std::int64_t n) const {
    return static_cast<std::uint64_t>(static_cast<__int128>(n) * rateDen * sampleRate / rateNum);
  }
  std::uint32_t samplesIn(std::int64_t n) const {
    return static_cast<std::uint32_t>(sampleAt(n + 1) - sampleAt(n));
  }
  /// No tick carries more.
  std::uint32_t samplesMax() const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(rateDen) * sampleRate + rateNum - 1) /
                                      rateNum);
  }
};

}  // namespace retrovue::framebus
