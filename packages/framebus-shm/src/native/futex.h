#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>

namespace retrovue::framebus {

inline std::int64_t monoNow() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// Waits while `*word == seen`, until woken or CLOCK_MONOTONIC reaches `mono`. False if it did not sleep at
/// all. Works across processes, and on memory that is mapped read-only.
inline bool futexWait(const std::uint32_t* word, std::uint32_t seen, std::int64_t mono) {
  const timespec until{mono / 1'000'000'000, mono % 1'000'000'000};
  const long result =
      ::syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != EAGAIN;
}

inline void futexWake(const std::uint32_t* word) {
  ::syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace retrovue::framebus
