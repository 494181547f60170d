#include <retrovue/libav/interrupt.h>

#include <ctime>

namespace retrovue::libav {

std::int64_t monoNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace retrovue::libav
