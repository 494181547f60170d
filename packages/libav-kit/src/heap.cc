#include <retrovue/libav/heap.h>

#include <chrono>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace retrovue::libav {

namespace {

constexpr std::int64_t trimEveryNs = 10'000'000'000;

std::int64_t monotonicNs() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

TrimPace pace;

}  // namespace

HeapUse heapUse() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const struct mallinfo2 all = mallinfo2();
  return {all.uordblks + all.hblkhd, all.fordblks};
#else
  return {};
#endif
}

void trimHeap() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

bool TrimPace::takes(std::int64_t nowNs) {
  std::int64_t next = nextNs_.load(std::memory_order_relaxed);
  // Of those that come at once one does it for all.
  return nowNs >= next && nextNs_.compare_exchange_strong(next, nowNs + trimEveryNs, std::memory_order_relaxed);
}

void trimHeapNowAndThen() {
  if (pace.takes(monotonicNs())) trimHeap();
}

}  // namespace retrovue::libav
