#include <retrovue/libav/load_watch.h>

#include <algorithm>
#include <cmath>

namespace retrovue::libav {

namespace {

/// Long enough to hold a whole group of pictures of most streams, whose key picture costs many times the
/// others.
constexpr std::int64_t windowNs = 2'000'000'000;
/// What threads get out of each other, at worst: frame threads wait for the rows that they refer to.
constexpr double efficiency = 0.7;

}  // namespace

void LoadWatch::decoded(std::int64_t spentNs, std::int64_t shownNs) {
  spent_ += std::max<std::int64_t>(spentNs, 0);
  shown_ += std::max<std::int64_t>(shownNs, 0);
  if (shown_ < windowNs) return;
  share_ = static_cast<double>(spent_) / static_cast<double>(shown_);
  spent_ = 0;
  shown_ = 0;
}

int LoadWatch::threadsFor(int threads, int threadsMax) const {
  if (share_ <= shareMax_) return threads;
  const double wanted = std::ceil(threads * share_ / (shareMax_ * efficiency));
  return std::clamp(static_cast<int>(std::min(wanted, 64.0)), std::min(threads + 1, threadsMax),
                    std::max(threads, threadsMax));
}

void LoadWatch::restart() {
  spent_ = 0;
  shown_ = 0;
  share_ = -1;
}

}  // namespace retrovue::libav
