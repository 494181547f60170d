// Files by Landlock, and what else is taken away.
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <retrovue/test/runner.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "confined_child.h"

using namespace retrovue::sandbox;
using namespace retrovue::sandbox::test;

namespace {

/// A folder of a test's own, with `inside/file` and `outside/file`.
class Folders {
 public:
  Folders() {
    std::string name = (std::filesystem::temp_directory_path() / "sandbox-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    for (const char* folder : {"/inside", "/outside"}) {
      ::mkdir((path_ + folder).c_str(), 0700);
      std::ofstream(path_ + folder + "/file") << "text";
    }
  }
  ~Folders() {
    for (const char* name :
         {"/inside/file", "/inside/new", "/outside/file", "/outside/new", "/inside", "/outside", ""})
      ::remove((path_ + name).c_str());
  }
  std::string at(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

bool areFilesConfined() {
  static const bool found = isThere("landlock");
  if (!found) std::puts("skipped: the kernel has no Landlock");
  return found;
}

int opening(const std::string& path, int flags) {
  return errorOf(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

}  // namespace

TEST("sandbox/files-are-read-where-that-is-granted-and-nowhere-else") {
  if (!areFilesConfined()) return;
  const Folders folders;
  Confinement confinement;
  confinement.grants = {{folders.at("inside"), PathUse::read}};
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/file"), O_RDONLY); }), done);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside"), O_RDONLY | O_DIRECTORY); }), done);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("outside/file"), O_RDONLY); }), EACCES);
  CHECK_EQ(inChild(confinement, [&] { return opening("/etc/passwd", O_RDONLY); }), EACCES);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/../outside/file"), O_RDONLY); }),
           EACCES);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/file"), O_WRONLY); }), EACCES);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/new"), O_WRONLY | O_CREAT); }),
           EACCES);
  CHECK_EQ(inChild(confinement, [&] { return errorOf(::unlink(folders.at("inside/file").c_str())); }),
           EACCES);
}

TEST("sandbox/files-are-written-and-made-where-that-is-granted") {
  if (!areFilesConfined()) return;
  const Folders folders;
  Confinement confinement;
  confinement.grants = {{folders.at("inside"), PathUse::write}, {folders.at("outside"), PathUse::make}};
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/file"), O_RDWR); }), done);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/new"), O_RDWR | O_CREAT); }), EACCES);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("outside/new"), O_RDWR | O_CREAT); }), done);
  CHECK_EQ(
      inChild(confinement, [&] { return errorOf(::mkdir(folders.at("outside/new-folder").c_str(), 0700)); }),
      done);
  CHECK_EQ(inChild(confinement, [&] { return errorOf(::rmdir(folders.at("outside/new-folder").c_str())); }),
           done);
  CHECK_EQ(
      inChild(confinement, [&] { return errorOf(::mkdir(folders.at("inside/new-folder").c_str(), 0700)); }),
      EACCES);
}

TEST("sandbox/a-path-that-is-not-there-confines-nobody-less") {
  if (!areFilesConfined()) return;
  const Folders folders;
  Confinement confinement;
  confinement.grants = {{folders.at("absent"), PathUse::read}, {folders.at("inside/file"), PathUse::make}};
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("inside/file"), O_RDWR); }), done);
  CHECK_EQ(inChild(confinement, [&] { return opening(folders.at("outside/file"), O_RDONLY); }), EACCES);
}

TEST("sandbox/modes-and-owners-of-files-stay") {
  if (!isThere("seccomp")) return;
  const Folders folders;
  CHECK_EQ(inChild({}, [&] { return errorOf(::chmod(folders.at("inside/file").c_str(), 0777)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::chown(folders.at("inside/file").c_str(), 1, 1)); }), EPERM);
  CHECK_EQ(inChild({}, [&] { return errorOf(::truncate(folders.at("inside/file").c_str(), 0)); }), EPERM);
}

TEST("sandbox/privileges-and-capabilities-are-gone") {
  CHECK_EQ(inChild({}, [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? done : EINVAL; }), done);
  CHECK_EQ(inChild({},
                   [] {
                     __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
                     __user_cap_data_struct sets[2] = {};
                     ::syscall(SYS_capget, &header, sets);
                     const std::uint32_t readsAll = 1U << CAP_DAC_READ_SEARCH;
                     return (sets[0].effective & ~readsAll) == 0 && sets[1].effective == 0 ? done : EINVAL;
                   }),
           done);
  // Being root is of no use without them.
  CHECK_EQ(inChild({}, [] { return errorOf(::sethostname("x", 1)); }), EPERM);
}

TEST("sandbox/realtime-threads-are-refused-unless-granted") {
  const auto attempt = [] {
    const sched_param parameters{1};
    return errorOf(::sched_setscheduler(0, SCHED_FIFO, &parameters));
  };
  Confinement granted;
  granted.realtime = true;
  // Whoever may have them keeps them, by whichever right it is.
  Confinement nothing;
  nothing.without = {"seccomp", "landlock", "capabilities", "limits", "memoryOrder", "parentDeath", "network"};
  CHECK_EQ(inChild(granted, attempt), inChild(nothing, attempt));
  CHECK_EQ(inChild({}, attempt), EPERM);
}

TEST("sandbox/limits-hold") {
  const auto limitOf = [](__rlimit_resource resource) {
    rlimit limit{};
    ::getrlimit(resource, &limit);
    return limit.rlim_max;
  };
  CHECK_EQ(inChild({}, [&] { return limitOf(RLIMIT_CORE) == 0 ? done : EINVAL; }), done);
  CHECK_EQ(inChild({}, [&] { return limitOf(RLIMIT_RTPRIO) == 0 ? done : EINVAL; }), done);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  Confinement small;
  small.memoryBytes = 64 << 20;
  const auto take = [] {
    return ::mmap(nullptr, 128 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                   MAP_FAILED
               ? errno
               : done;
  };
  CHECK_EQ(inChild(small, take), ENOMEM);
  CHECK_EQ(inChild({}, take), done);
#endif
}

TEST("sandbox/descriptors-that-are-nobodys-business-are-closed") {
  const int fd = ::open("/dev/null", O_RDONLY);
  Confinement confinement;
  confinement.descriptors = 3;
  CHECK_EQ(inChild(confinement, [&] { return errorOf(::fcntl(fd, F_GETFD)); }), EBADF);
  confinement.descriptors = static_cast<unsigned>(fd) + 1;
  CHECK_EQ(inChild(confinement, [&] { return errorOf(::fcntl(fd, F_GETFD)); }), done);
  ::close(fd);
}

TEST("sandbox/what-is-left-out-is-left-out") {
  Confinement confinement;
  confinement.without = {"seccomp", "landlock", "capabilities", "limits", "memoryOrder", "parentDeath", "network"};
  CHECK_EQ(inChild(confinement, [] { return opening("/etc/passwd", O_RDONLY); }), done);
  const pid_t parent = ::getpid();
  CHECK_EQ(inChild(confinement, [&] { return errorOf(::kill(parent, 0)); }), done);
}

TEST("sandbox/who-stands-still-ends-with-its-parent") {
  int told[2];
  CHECK_EQ(::pipe2(told, O_CLOEXEC), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const pid_t child = ::fork();
    if (child == 0) {
      retrovue::sandbox::confine({}, "/bin/true");
      // Of its own threads none runs any more: only the kernel can end it.
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, WUNTRACED);
    const ssize_t written = ::write(told[1], &child, sizeof child);
    ::pause();
    ::_exit(written > 0 ? 0 : 1);
  }
  pid_t child = 0;
  CHECK_EQ(::read(told[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  CHECK(handle >= 0);
  pollfd ended{handle, POLLIN, 0};
  CHECK_EQ(::poll(&ended, 1, 0), 0);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  CHECK_EQ(::poll(&ended, 1, 10'000), 1);
  for (const int fd : {handle, told[0], told[1]}) ::close(fd);
}
