#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>

#include "shared_object.h"

namespace retrovue::framebus {

/// **Touches the pages of a mapping ahead of their use**, on a thread of its own, in the order of their
/// addresses: all of them take
/// some 0.4 s for each gigabyte, for which nobody should have to wait who needs the first few at once. Who
/// comes to a page before this does touches it himself, at the cost of a fault.
class PageToucher {
 public:
  PageToucher() = default;
  PageToucher(const PageToucher&) = delete;
  PageToucher& operator=(const PageToucher&) = delete;
  ~PageToucher() { stop(); }

  /// Begins, and keeps the mapping until all is touched. What is under way is stopped.
  void begin(std::shared_ptr<Mapping> mapping);
  /// Waits until all is touched.
  void finish();
  /// Ends it within some milliseconds. Idempotent.
  void stop();

 private:
  void touch(const Mapping& mapping) const;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace retrovue::framebus
