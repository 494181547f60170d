#pragma once
#include <array>
#include <cstdint>

namespace retrovue::libav {

/// Makes the timestamps of a transport or program stream continuous: what jumps or wraps is moved to where it
/// would have gone on. A pure function of the packets seen, so that two readers of a file come to the same
/// times; its state can be kept with a place in the file and taken up there again.
///
/// One offset serves all streams, so that sound and pictures keep their distance. Around a jump streams cross
/// it at different packets: a packet that fits the offset before the last jump keeps to that one.
class JumpUnwinder {
 public:
  static constexpr int streamsMax = 2;
  static constexpr std::int64_t none = INT64_MIN;

  /// Both in ticks of the streams' common clock (90 kHz).
  JumpUnwinder(std::int64_t forwardMax, std::int64_t backwardMax)
      : forwardMax_(forwardMax), backwardMax_(backwardMax) {}

  /// What is to be added to this packet's timestamps. Packets come in the file's order. `dts` is `none` where
  /// missing.
  std::int64_t offsetFor(int stream, std::int64_t dts, std::int64_t duration);

  struct State {
    std::int64_t offset = 0;
    std::int64_t before = 0;
    std::array<std::int64_t, streamsMax> next{none, none};
  };
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  bool fits(std::int64_t dts, std::int64_t expected) const {
    return dts - expected <= forwardMax_ && expected - dts <= backwardMax_;
  }
  const std::int64_t forwardMax_;
  const std::int64_t backwardMax_;
  State state_;
};

}  // namespace retrovue::libav
