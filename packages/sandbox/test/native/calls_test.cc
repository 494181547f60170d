// What the filter refuses and what it leaves, tried on the kernel itself.
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <retrovue/test/runner.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <csignal>
#include <ctime>
#include <thread>

#include "confined_child.h"

using namespace retrovue::sandbox;
using namespace retrovue::sandbox::test;

namespace {

bool areCallsFiltered() {
  static const bool found = isThere("seccomp");
  if (!found) std::puts("skipped: the kernel refuses filters of system calls");
  return found;
}

int spawn() {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return done;
}

}  // namespace

TEST("sandbox/sockets-are-refused-unless-the-network-is-granted") {
  if (!areCallsFiltered()) return;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_VSOCK, AF_PACKET, AF_ALG})
    CHECK_EQ(inChild({}, [&] { return errorOf(::socket(family, SOCK_STREAM, 0)); }), EPERM);
  Confinement open;
  open.network = true;
  for (const int family : {AF_INET, AF_UNIX})
    CHECK_EQ(inChild(open, [&] { return errorOf(::socket(family, SOCK_STREAM, 0)); }), done);
  for (const int family : {AF_PACKET, AF_ALG, AF_VSOCK})
    CHECK_EQ(inChild(open, [&] { return errorOf(::socket(family, SOCK_STREAM, 0)); }), EPERM);
}

TEST("sandbox/a-pair-of-streams-is-all-that-is-left-of-sockets") {
  if (!areCallsFiltered()) return;
  int pair[2];
  CHECK_EQ(inChild({}, [&] { return errorOf(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)); }),
           done);
  CHECK_EQ(inChild({}, [&] { return errorOf(::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)); }), EPERM);
}

TEST("sandbox/no-program-and-no-process-is-begun") {
  if (!areCallsFiltered()) return;
  CHECK_EQ(inChild({}, spawn), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::execl("/bin/true", "true", nullptr)); }), EPERM);
  CHECK_EQ(inChild({},
                   [] {
                     const int fd = ::open("/proc/self/exe", O_PATH);
                     char* none[] = {nullptr};
                     return errorOf(::syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
                   }),
           EPERM);
  Confinement open;
  open.programs = true;
  open.without = {"landlock"};
  CHECK_EQ(inChild(open, spawn), done);
}

TEST("sandbox/the-descriptor-of-the-program-cannot-be-had-again") {
  if (!areCallsFiltered()) return;
  int aside = 0;
  const auto attempt = [&](const std::function<int(int)>& with) {
    const pid_t child = ::fork();
    if (child == 0) {
      aside = confine({}, "/proc/self/exe").program;
      ::close(aside);  // As executing it does.
      ::_exit(with(aside));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : died;
  };
  CHECK_EQ(attempt([](int fd) { return fd >= 64 ? done : EINVAL; }), done);
  CHECK_EQ(attempt([](int fd) { return errorOf(::dup2(1, fd)); }), EBADF);
  CHECK_EQ(attempt([](int fd) { return errorOf(::fcntl(1, F_DUPFD, fd)); }), EINVAL);
  CHECK_EQ(attempt([](int fd) {
             const rlimit more{static_cast<rlim_t>(fd) + 1, static_cast<rlim_t>(fd) + 1};
             return errorOf(::setrlimit(RLIMIT_NOFILE, &more));
           }),
           EPERM);
  CHECK_EQ(attempt([](int fd) {
             char* none[] = {nullptr};
             return errorOf(::syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
           }),
           EBADF);
}

TEST("sandbox/nobody-else-is-signalled-traced-or-slowed") {
  if (!areCallsFiltered()) return;
  const pid_t parent = ::getpid();
  CHECK_EQ(inChild({}, [&] { return errorOf(::kill(parent, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::kill(0, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::kill(-1, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::kill(::getpid(), 0)); }), done);
  CHECK_EQ(inChild({}, [&] { return errorOf(::syscall(SYS_tgkill, parent, parent, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr)); }), EPERM);
  CHECK_EQ(inChild({},
                   [&] {
                     const rlimit none{0, 0};
                     return errorOf(::prlimit(parent, RLIMIT_CPU, &none, nullptr));
                   }),
           EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::setpriority(PRIO_PROCESS, static_cast<id_t>(parent), 5)); }),
           EPERM);
  CHECK_EQ(inChild({},
                   [&] {
                     cpu_set_t cores;
                     CPU_ZERO(&cores);
                     CPU_SET(0, &cores);
                     return errorOf(::sched_setaffinity(parent, sizeof cores, &cores));
                   }),
           EPERM);
}

TEST("sandbox/no-descriptor-sends-signals-to-another-process") {
  if (!areCallsFiltered()) return;
  const pid_t parent = ::getpid();
  CHECK_EQ(inChild({}, [&] { return errorOf(::fcntl(0, F_SETOWN, parent)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::fcntl(0, F_SETSIG, SIGKILL)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::ioctl(0, FIOSETOWN, &parent)); }), EPERM);
  const char typed = 'x';
  CHECK_EQ(inChild({}, [&] { return errorOf(::ioctl(0, TIOCSTI, &typed)); }), EPERM);
}

TEST("sandbox/the-kernel-the-clock-and-file-systems-are-out-of-reach") {
  if (!areCallsFiltered()) return;
  CHECK_EQ(inChild({}, [] { return errorOf(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_bpf, 0, nullptr, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_userfaultfd, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_io_uring_setup, 1, nullptr)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_keyctl, 0, 0, 0, 0, 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(SYS_finit_module, -1, "", 0)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::unshare(CLONE_NEWUSER)); }), EPERM);
  const timespec now{1, 0};
  CHECK_EQ(inChild({}, [&] { return errorOf(::clock_settime(CLOCK_REALTIME, &now)); }), EPERM);
  CHECK_EQ(inChild({}, [] { return errorOf(::setuid(1)); }), EPERM);
  // Younger than anything that is known.
  CHECK_EQ(inChild({}, [] { return errorOf(::syscall(4'000)); }), ENOSYS);
}

TEST("sandbox/what-a-runtime-needs-is-left") {
  CHECK_EQ(inChild({},
                   [] {
                     int value = 0;
                     std::thread([&] { value = 1; }).join();
                     return value == 1 ? done : EINVAL;
                   }),
           done);
  // Machine code that is made while it runs.
  CHECK_EQ(inChild({},
                   [] {
                     void* at =
                         ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                     return at == MAP_FAILED ? errno : errorOf(::mprotect(at, 4096, PROT_READ | PROT_EXEC));
                   }),
           done);
  CHECK_EQ(inChild({},
                   [] {
                     rlimit limit{};
                     return errorOf(::getrlimit(RLIMIT_NOFILE, &limit));
                   }),
           done);
  CHECK_EQ(inChild({}, [] { return errorOf(::setpriority(PRIO_PROCESS, 0, 5)); }), done);
  CHECK_EQ(inChild({},
                   [] {
                     ::raise(SIGKILL);
                     return done;
                   }),
           died);
}
