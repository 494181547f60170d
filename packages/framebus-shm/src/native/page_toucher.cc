#include "page_toucher.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace retrovue::framebus {
namespace {

/// Between two looks at whether it is to stop: some 4 ms where pages are new.
constexpr std::size_t kStrideBytes = 8u << 20;

/// Linux 5.14; older headers do not name it.
constexpr int kPopulateWrite = 23;

/// Every page of the range, as a load does: for kernels that cannot do it in one call.
void loadEach(const std::byte* at, std::size_t bytes) {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t offset = 0; offset < bytes; offset += page) {
    __atomic_load_n(reinterpret_cast<const unsigned char*>(at + offset), __ATOMIC_RELAXED);
  }
}

}  // namespace

void PageToucher::begin(std::shared_ptr<Mapping> mapping) {
  stop();
  stopping_ = false;
  thread_ = std::thread([this, owned = std::move(mapping)] {
    ::pthread_setname_np(::pthread_self(), "rv-toucher");
    touch(*owned);
  });
}

void PageToucher::finish() {
  if (thread_.joinable()) thread_.join();
}

void PageToucher::stop() {
  stopping_ = true;
  finish();
}

void PageToucher::touch(const Mapping& mapping) const {
  for (std::size_t offset = 0; offset < mapping.bytes() && !stopping_; offset += kStrideBytes) {
    const std::size_t bytes = std::min(kStrideBytes, mapping.bytes() - offset);
    if (::madvise(mapping.at(offset), bytes, kPopulateWrite) != 0) loadEach(mapping.at(offset), bytes);
  }
}

}  // namespace retrovue::framebus
