#pragma once
#include <cstddef>
#include <cstdint>

namespace retrovue::framebus {

/// **Keeps this process alive when a mapped object is cut short.** Whoever may open an object for writing may
/// truncate it, and the next look at a page that is gone is a SIGBUS: one hostile worker would take the
/// engine and every other channel with it. In a guarded range such a page becomes a page of zeros of our own,
/// and `isCut` says so from then on.
///
/// The handler is there while any range is guarded. Faults elsewhere go to whoever handled them before. Any
/// thread; at most 1024 ranges a process, beyond which they are not guarded.
class CutGuard {
 public:
  CutGuard() = default;
  CutGuard(void* at, std::size_t bytes, bool writable);
  ~CutGuard();
  CutGuard(CutGuard&& other) noexcept;
  CutGuard& operator=(CutGuard&& other) noexcept;

  bool isCut() const;

 private:
  void leave();

  int place_ = -1;
};

}  // namespace retrovue::framebus
