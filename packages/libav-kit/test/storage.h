#pragma once
#include <fcntl.h>
#include <retrovue/libav/descriptor_io.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>

namespace retrovue::libav::test {

/// A file on storage that fails where it is told to, and counts what it gave.
class Storage final : public Descriptor {
 public:
  explicit Storage(const std::string& path) : Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

  std::int64_t read(std::uint8_t* into, std::size_t bytes, std::int64_t at) const override {
    if (at == 0 && ++openings_ == failingOpening_) failsFrom_ = failsFromThen_.load();
    const std::int64_t good = failsFrom_ - at;
    if (good <= 0) return -error_;
    const std::int64_t got = Descriptor::read(into, std::min(bytes, static_cast<std::size_t>(good)), at);
    bytesRead_ += got > 0 ? got : 0;
    const std::int64_t total = bytesRead_;
    if (total >= happensAfter_ && happensAfter_.exchange(INT64_MAX) <= total) happens_();
    return got;
  }

  /// From this byte on, with this errno.
  void failFrom(std::int64_t at, int error = EIO) {
    error_ = error;
    failsFrom_ = at;
  }
  /// As `failFrom`, once the first byte is read for the `opening`th time.
  void failFromOpening(int opening, std::int64_t at) {
    failsFromThen_ = at;
    failingOpening_ = opening;
  }
  /// Calls this, once, on the thread that reads, when so many bytes more have been read.
  void afterBytes(std::int64_t bytes, std::function<void()> happens) {
    happens_ = std::move(happens);
    happensAfter_ = bytesRead_ + bytes;
  }
  std::int64_t bytesRead() const { return bytesRead_; }

 private:
  mutable std::atomic<std::int64_t> failsFrom_{INT64_MAX};
  mutable std::atomic<int> openings_{0};
  std::function<void()> happens_;
  mutable std::atomic<std::int64_t> happensAfter_{INT64_MAX};
  std::atomic<int> failingOpening_{0};
  std::atomic<std::int64_t> failsFromThen_{INT64_MAX};
  std::atomic<int> error_{EIO};
  mutable std::atomic<std::int64_t> bytesRead_{0};
};

}  // namespace retrovue::libav::test
