#include "cut_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <utility>

namespace retrovue::framebus {
namespace {

/// A range as the handler sees it: atomics alone, since it may interrupt anything.
struct Range {
  std::atomic<std::uintptr_t> begin{0};  // 0: free.
  std::atomic<std::uintptr_t> end{0};
  std::atomic<int> protection{0};
  std::atomic<bool> cut{false};
};

constexpr int kRangesMax = 1024;

struct Guards {
  Range ranges[kRangesMax];
  std::mutex mutex;  // For entering and leaving; never taken by the handler.
  int used = 0;
  struct sigaction before {};
  std::uintptr_t page = 4096;
};

/// Never destroyed: a fault may come while the process exits.
Guards& guards() {
  static Guards* const all = new Guards();
  return *all;
}

bool holds(const Range& range, std::uintptr_t at) {
  const std::uintptr_t begin = range.begin.load(std::memory_order_acquire);
  return begin != 0 && at >= begin && at < range.end.load(std::memory_order_relaxed);
}

/// What the pages that replace this one may be used for; PROT_NONE where nobody guards it.
int protectionAt(std::uintptr_t at) {
  for (const Range& range : guards().ranges)
    if (holds(range, at)) return range.protection.load(std::memory_order_relaxed);
  return PROT_NONE;
}

/// Of calls it makes only mmap, a bare system call (as systemd's journal does, which reads files that others
/// cut).
void onSigbus(int signal, siginfo_t* info, void* context) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const int protection = info->si_code == BUS_ADRERR ? protectionAt(at) : PROT_NONE;
  if (protection != PROT_NONE) {
    const std::uintptr_t page = guards().page;
    void* const start = reinterpret_cast<void*>(at / page * page);
    if (::mmap(start, page, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start) {
      for (Range& range : guards().ranges)
        if (holds(range, at)) range.cut.store(true, std::memory_order_release);
      return;
    }
  }
  const struct sigaction& before = guards().before;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    // Comes again when this returns, and ends the process as it would have.
    ::signal(SIGBUS, SIG_DFL);
    ::raise(signal);
  }
}

void install(Guards& all) {
  all.page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = onSigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &all.before);
}

/// The library may be unloaded after this. Where another handler came on top, it keeps ours as its next.
void uninstall(const Guards& all) {
  struct sigaction now {};
  if (::sigaction(SIGBUS, nullptr, &now) == 0 && now.sa_sigaction == onSigbus)
    ::sigaction(SIGBUS, &all.before, nullptr);
}

}  // namespace

CutGuard::CutGuard(void* at, std::size_t bytes, bool writable) {
  Guards& all = guards();
  const std::scoped_lock lock(all.mutex);
  for (int i = 0; i < kRangesMax; ++i) {
    Range& range = all.ranges[i];
    if (range.begin.load(std::memory_order_relaxed) != 0) continue;
    if (all.used++ == 0) install(all);
    range.cut.store(false, std::memory_order_relaxed);
    range.protection.store(writable ? PROT_READ | PROT_WRITE : PROT_READ, std::memory_order_relaxed);
    range.end.store(reinterpret_cast<std::uintptr_t>(at) + bytes, std::memory_order_relaxed);
    range.begin.store(reinterpret_cast<std::uintptr_t>(at), std::memory_order_release);
    place_ = i;
    return;
  }
}

CutGuard::~CutGuard() {
  leave();
}

CutGuard::CutGuard(CutGuard&& other) noexcept : place_(std::exchange(other.place_, -1)) {}

CutGuard& CutGuard::operator=(CutGuard&& other) noexcept {
  if (this != &other) {
    leave();
    place_ = std::exchange(other.place_, -1);
  }
  return *this;
}

void CutGuard::leave() {
  if (place_ < 0) return;
  Guards& all = guards();
  const std::scoped_lock lock(all.mutex);
  all.ranges[place_].begin.store(0, std::memory_order_release);
  place_ = -1;
  if (--all.used == 0) uninstall(all);
}

bool CutGuard::isCut() const {
  return place_ >= 0 && guards().ranges[place_].cut.load(std::memory_order_acquire);
}

}  // namespace retrovue::framebus
