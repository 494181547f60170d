#include <retrovue/libav/jump_unwinder.h>

#include <algorithm>

namespace retrovue::libav {

std::int64_t JumpUnwinder::offsetFor(int stream, std::int64_t dts, std::int64_t duration) {
  if (stream < 0 || stream >= streamsMax || dts == none) return state_.offset;
  std::int64_t& next = state_.next[static_cast<std::size_t>(stream)];
  std::int64_t offset = state_.offset;
  if (next != none && !fits(dts + offset, next)) {
    if (fits(dts + state_.before, next)) {
      // This stream has not come to the jump yet.
      offset = state_.before;
    } else {
      state_.before = state_.offset;
      state_.offset = next - dts;
      offset = state_.offset;
    }
  }
  next = std::max(next, dts + offset + duration);
  return offset;
}

}  // namespace retrovue::libav
