#pragma once
#include <cstdint>

namespace retrovue::libav {

/// Whether decoding keeps up with showing: how much time it takes of the time that its pictures are shown
/// for. One thread is the cheapest for as long as it does (frame threads cost 12 to 25 % more CPU a picture).
class LoadWatch {
 public:
  /// @param shareMax of a picture's time that decoding it may take; the rest is for conforming, for what else
  /// the machine does, and for catching up
  explicit LoadWatch(double shareMax = 0.8) : shareMax_(shareMax) {}

  /// Decoding took so long (by the clock on the wall) for pictures that are shown for so long.
  void decoded(std::int64_t spentNs, std::int64_t shownNs);
  /// Threads that it takes, of `threadsMax` at most; never fewer than it has.
  int threadsFor(int threads, int threadsMax) const;
  /// What was measured with other threads says nothing any more.
  void restart();

 private:
  const double shareMax_;
  std::int64_t spent_ = 0;
  std::int64_t shown_ = 0;
  /// Of the last full window; negative before the first.
  double share_ = -1;
};

}  // namespace retrovue::libav
