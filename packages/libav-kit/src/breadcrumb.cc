#include <fcntl.h>
#include <retrovue/libav/breadcrumb.h>
#include <retrovue/libav/interrupt.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace retrovue::libav {

static_assert(breadcrumbLines <= 255, "a thread's name has room for three digits, and its number is a byte");

namespace {

/// The table of this process, mapped once and kept: what must survive a crash cannot belong to anything that
/// closes.
std::atomic<BreadcrumbHead*> table{nullptr};

Breadcrumb* linesOf(BreadcrumbHead* head) {
  return reinterpret_cast<Breadcrumb*>(head + 1);
}

/// What a thread with a line is called, before the line's number; threads it begins inherit it
/// (pthread_create(3) copies the creator's "comm"). Libraries that name their threads (FFmpeg from 6.1 on)
/// hide it: then nobody is known guilty.
constexpr char threadName[] = "rvcrumb-";
constexpr std::size_t threadNameBytes = 16;

/// 1 + the line that the calling thread is named after; 0 where it is not. Async-signal-safe.
std::uint32_t lineOfThisThread() {
  char name[threadNameBytes] = {};
  if (prctl(PR_GET_NAME, name) != 0 || std::strncmp(name, threadName, sizeof threadName - 1) != 0) return 0;
  std::uint32_t line = 0;
  for (const char* digit = name + sizeof threadName - 1; *digit >= '0' && *digit <= '9'; digit++) {
    line = line * 10 + static_cast<std::uint32_t>(*digit - '0');
  }
  return line + 1;
}

constexpr std::array<int, 6> deadlySignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};

/// What was installed before us, by place in `deadlySignals`. Written once, before our handler is.
std::array<struct sigaction, deadlySignals.size()> handlersBefore{};

/// The other process that sent a signal; 0 for a fault, and for what this process sent itself (abort, raise).
/// Async-signal-safe.
std::uint32_t senderOf(const siginfo_t& info) {
  // The kernel's own signals have positive codes (sigaction(2)); those that were sent name who sent them.
  return info.si_code > 0 || info.si_pid == getpid() ? 0 : static_cast<std::uint32_t>(info.si_pid);
}

void noteFault(int number, siginfo_t* info, void* context) {
  if (const std::uint32_t sender = senderOf(*info); sender != 0) {
    BreadcrumbHead* head = table.load();
    if (head->faultLine.load() == 0) head->faultSender.store(sender);
  } else if (const std::uint32_t line = lineOfThisThread(); line != 0) {
    BreadcrumbHead* head = table.load();
    std::uint32_t nobody = 0;
    if (head->faultLine.compare_exchange_strong(nobody, line)) {
      head->faultSignal.store(static_cast<std::uint32_t>(number));
    }
  }
  for (std::size_t i = 0; i < deadlySignals.size(); i++) {
    if (deadlySignals[i] != number) continue;
    const struct sigaction& before = handlersBefore[i];
    if ((before.sa_flags & SA_SIGINFO) != 0) {
      before.sa_sigaction(number, info, context);
    } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
      // Held back until this returns, and then it ends the process. A signal that was sent would not come by
      // itself.
      sigaction(number, &before, nullptr);
      raise(number);
    } else {
      before.sa_handler(number);
    }
  }
}

void watchForFaults() {
  struct sigaction ours {};
  ours.sa_sigaction = noteFault;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  for (std::size_t i = 0; i < deadlySignals.size(); i++)
    sigaction(deadlySignals[i], nullptr, &handlersBefore[i]);
  for (const int number : deadlySignals) sigaction(number, &ours, nullptr);
}

constexpr std::size_t tableBytes = sizeof(BreadcrumbHead) + breadcrumbLines * sizeof(Breadcrumb);

bool writeZeros(int fd) {
  constexpr std::array<char, 4096> zeros{};
  for (std::size_t done = 0; done < tableBytes;) {
    const ssize_t wrote =
        pwrite(fd, zeros.data(), std::min(zeros.size(), tableBytes - done), static_cast<off_t>(done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

/// Gives the file its room before it is mapped: a store to a page for which a disk has none left is a SIGBUS (mmap(2)).
bool makeRoom(int fd) {
  if (ftruncate(fd, tableBytes) != 0) return false;
  int made = EINTR;
  while (made == EINTR) made = posix_fallocate(fd, 0, tableBytes);
  // File systems that know no promise of room (posix_fallocate(3)) have it once zeros were written.
  return made == 0 || ((made == EOPNOTSUPP || made == EINVAL) && writeZeros(fd));
}

}  // namespace

bool useBreadcrumbFile(int fd) {
  constexpr std::size_t bytes = tableBytes;
  if (table.load() != nullptr) return true;
  void* mapped = makeRoom(fd) ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (mapped == MAP_FAILED) {
    // What it did get is given back, as far as that goes.
    [[maybe_unused]] const int emptied = ftruncate(fd, 0);
    return false;
  }
  std::memset(mapped, 0, bytes);
  auto* head = static_cast<BreadcrumbHead*>(mapped);
  head->lines = breadcrumbLines;
  head->lineBytes = sizeof(Breadcrumb);
  std::memcpy(head->magic, "RVCRUMB1", sizeof head->magic);
  BreadcrumbHead* none = nullptr;
  if (table.compare_exchange_strong(none, head)) {
    watchForFaults();
  } else {
    munmap(mapped, bytes);
  }
  return true;
}

BreadcrumbTrail::BreadcrumbTrail(std::string_view asset, std::uint32_t role) {
  BreadcrumbHead* head = table.load();
  if (head == nullptr) return;
  const auto self = static_cast<std::uint32_t>(syscall(SYS_gettid));
  for (std::uint32_t i = 0; i < breadcrumbLines && line_ == nullptr; i++) {
    std::uint32_t nobody = 0;
    if (linesOf(head)[i].thread.compare_exchange_strong(nobody, self)) line_ = &linesOf(head)[i];
  }
  if (line_ == nullptr) return;
  char name[threadNameBytes];
  const auto number = static_cast<std::uint8_t>(line_ - linesOf(head));
  std::snprintf(name, sizeof name, "%s%u", threadName, number);
  prctl(PR_SET_NAME, name);
  line_->sequence.fetch_add(1, std::memory_order_acq_rel);
  line_->role.store(role, std::memory_order_relaxed);
  const std::size_t length = std::min(asset.size(), sizeof line_->asset - 1);
  std::memcpy(line_->asset, asset.data(), length);
  line_->asset[length] = '\0';
  line_->sequence.fetch_add(1, std::memory_order_release);
  at(Activity::opening, 0);
}

BreadcrumbTrail::~BreadcrumbTrail() {
  if (line_ == nullptr) return;
  at(Activity::idle);
  // The thread may go on to something else, for which its last asset must not be blamed.
  prctl(PR_SET_NAME, "rv-idle");
  line_->thread.store(0, std::memory_order_release);
}

void BreadcrumbTrail::at(Activity activity, std::int64_t positionNs) const {
  if (line_ == nullptr) return;
  line_->positionNs.store(positionNs, std::memory_order_relaxed);
  at(activity);
}

void BreadcrumbTrail::at(Activity activity) const {
  if (line_ == nullptr) return;
  line_->activity.store(static_cast<std::uint32_t>(activity), std::memory_order_relaxed);
  line_->changedNs.store(monoNow(), std::memory_order_relaxed);
}

}  // namespace retrovue::libav
