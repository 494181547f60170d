#include "pipe_outlet.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "ts_packets.h"

namespace retrovue::renderer {
namespace {

/// More than any tick of 50 Mbit/s; what is longer comes in several records.
constexpr std::size_t kBytes = kTsPacketBytes * 4'096;

/// Where a process had no descriptor left to be told by, it looks so often whether it is to end.
constexpr int kLookMs = 50;

void put(std::uint8_t* at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

PipeOutlet::PipeOutlet(Pacer& pacer, int descriptor)
    : pacer_(pacer), descriptor_(descriptor), stopEvent_(::eventfd(0, EFD_CLOEXEC)), bytes_(kBytes) {
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
  thread_ = std::thread([this] { loop(); });
}

PipeOutlet::~PipeOutlet() {
  stop();
  if (stopEvent_ >= 0) ::close(stopEvent_);
}

void PipeOutlet::wake() {
  const std::scoped_lock lock(mutex_);
  hasNews_ = true;
  changed_.notify_one();
}

void PipeOutlet::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_.store(true);
    changed_.notify_one();
  }
  ::eventfd_write(stopEvent_, 1);
  if (thread_.joinable()) thread_.join();
}

void PipeOutlet::loop() {
  ::pthread_setname_np(::pthread_self(), "rv-outlet");
  // That the other end is gone is told by the call.
  sigset_t broken;
  ::sigemptyset(&broken);
  ::sigaddset(&broken, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken, nullptr);
  std::array<Pacer::Portion, kPortions> portions;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return hasNews_ || stopping_.load(); });
      hasNews_ = false;
    }
    for (;;) {
      if (stopping_.load()) return;
      const std::size_t count = pacer_.fetch(bytes_, portions);
      if (count == 0) break;
      if (!send(std::span(portions).first(count))) return;
    }
  }
}

bool PipeOutlet::send(std::span<const Pacer::Portion> portions) {
  std::array<iovec, 2 * kPortions> pieces;
  std::size_t count = 0, first = 0;
  for (const Pacer::Portion& portion : portions) {
    auto& head = heads_[count / 2];
    put(head.data(), portion.bytes, 4);
    put(head.data() + 4, portion.randomAccess ? 1 : 0, 4);
    put(head.data() + 8, static_cast<std::uint64_t>(portion.tick), 8);
    pieces[count++] = {head.data(), head.size()};
    pieces[count++] = {bytes_.data() + portion.offset, portion.bytes};
  }
  while (first < count) {
    const ssize_t written = ::writev(descriptor_, pieces.data() + first, static_cast<int>(count - first));
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN || !waitForRoom()) return false;
      continue;
    }
    auto rest = static_cast<std::size_t>(written);
    while (first < count && rest >= pieces[first].iov_len) rest -= pieces[first++].iov_len;
    if (rest == 0) continue;
    pieces[first].iov_base = static_cast<std::uint8_t*>(pieces[first].iov_base) + rest;
    pieces[first].iov_len -= rest;
  }
  return true;
}

bool PipeOutlet::waitForRoom() {
  std::array<pollfd, 2> both{pollfd{descriptor_, POLLOUT, 0}, pollfd{stopEvent_, POLLIN, 0}};
  const int patience = stopEvent_ < 0 ? kLookMs : -1;
  while (::poll(both.data(), both.size(), patience) < 0)
    if (errno != EINTR) return false;
  return !stopping_.load();
}

}  // namespace retrovue::renderer
