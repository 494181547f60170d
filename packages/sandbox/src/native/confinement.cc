#include "confinement.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "call_rules.h"

namespace retrovue::sandbox {

namespace {

/// As many as a channel's decoders will ever have open, and far below what engines are allowed.
constexpr rlim_t descriptorsMax = 4096;

/// Below this many descriptors one cannot be spared.
constexpr rlim_t descriptorsMin = 64;

/// How much rather the kernel takes a worker than the engine when memory is short (man 5 proc,
/// oom_score_adj): one is replaced within a tick, the other takes every channel along.
constexpr int sooner = 500;

/// Above what our own threads ask for.
constexpr rlim_t realtimeMax = 20;

std::string words(int error) {
  return std::strerror(error);
}

void closeFrom(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  const long last = std::min(::sysconf(_SC_OPEN_MAX), 65'536L);
  for (long fd = first; fd < last; ++fd) ::close(static_cast<int>(fd));
}

Step diesFirst() {
  const char* const path = "/proc/self/oom_score_adj";
  int score = 0;
  if (FILE* now = std::fopen(path, "re")) {
    if (std::fscanf(now, "%d", &score) != 1) score = 0;
    std::fclose(now);
  }
  const std::string wanted = std::to_string(std::min(score + sooner, 1000));
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool done =
      fd >= 0 && ::write(fd, wanted.data(), wanted.size()) == static_cast<ssize_t>(wanted.size());
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return {"memoryOrder", done, done ? wanted : words(error)};
}

bool lower(__rlimit_resource resource, rlim_t most) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return false;
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  return ::setrlimit(resource, &limit) == 0;
}

/// Has the user's limit of realtime say what a superuser may by a capability. False where that is refused.
bool keepRealtime() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_RTPRIO, &limit) != 0) return false;
  if (limit.rlim_cur >= realtimeMax) return true;
  limit = {realtimeMax, std::max(limit.rlim_max, realtimeMax)};
  return ::setrlimit(RLIMIT_RTPRIO, &limit) == 0;
}

Step limit(const Confinement& confinement) {
  bool done = lower(RLIMIT_CORE, 0);
  if (!confinement.realtime) done = lower(RLIMIT_RTPRIO, 0) && done;
  if (confinement.memoryBytes > 0) done = lower(RLIMIT_DATA, confinement.memoryBytes) && done;
  return {"limits", done, done ? "core, realtime, memory, descriptors" : words(errno)};
}

/// Puts the program's descriptor beyond the limit of descriptors: nothing can ever be opened there again.
bool setAside(int& program) {
  rlimit limit{};
  if (program < 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < descriptorsMin) return false;
  const rlim_t kept = std::min<rlim_t>(limit.rlim_max - 1, descriptorsMax);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const int aside = ::dup3(program, static_cast<int>(kept), O_CLOEXEC);
  if (aside < 0) return false;
  ::close(program);
  program = aside;
  limit.rlim_cur = kept;
  limit.rlim_max = kept;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// The channel to the engine tells its end as well, but to the event loop alone, which may wait or stand still for ever. Who drops
/// privileges keeps this; only a program of another owner would lose it, and none can be begun. Where the parent is gone already
/// there is nobody to tell: the channel says so.
Step endsWithParent() {
  const bool done = ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
  return {"parentDeath", done, done ? "SIGKILL" : words(errno)};
}

/// Capabilities that a superuser's process keeps.
std::uint32_t capabilitiesFor(const Confinement& confinement) {
  // Reading is bounded by Landlock; without this one an engine that runs as root would suddenly not read
  // other people's media.
  std::uint32_t kept = 1U << CAP_DAC_READ_SEARCH;
  // Containers may withhold the right to raise a limit from a superuser who has this one.
  if (confinement.realtime && !keepRealtime()) kept |= 1U << CAP_SYS_NICE;
  return kept;
}

Step dropCapabilities(std::uint32_t keep) {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (unsigned capability = 0; capability <= 63; ++capability) {
    if (capability >= 32 || (keep >> capability & 1U) == 0) ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return {"capabilities", false, words(errno)};
  const std::uint32_t kept = sets[0].permitted & keep;
  sets[0] = {kept, kept, 0};
  sets[1] = {};
  if (::syscall(SYS_capset, &header, sets) != 0) return {"capabilities", false, words(errno)};
  return {"capabilities", true, kept == 0 ? "none" : "none but a superuser's"};
}

Step ownNetwork() {
  if (::unshare(CLONE_NEWNET) == 0) return {"network", true, "a namespace of its own"};
  return {"network", false, words(errno)};
}

Step filterCalls(const CallRules& rules) {
  const int error = filterFor(rules).install();
  return {"seccomp", error == 0, error == 0 ? "filter" : words(error)};
}

bool hasFilters() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

}  // namespace

Confined confine(const Confinement& confinement, const std::string& program) {
  Confined confined;
  const auto isWanted = [&](const char* name) { return !confinement.without.contains(name); };
  const auto note = [&](Step step) { confined.steps.push_back(std::move(step)); };

  closeFrom(confinement.descriptors);
  if (isWanted("parentDeath")) note(endsWithParent());
  if (isWanted("memoryOrder")) note(diesFirst());
  if (isWanted("limits")) note(limit(confinement));
  confined.program = ::open(program.c_str(), O_PATH | O_CLOEXEC);
  const bool isAside = !confinement.programs && isWanted("limits") && setAside(confined.program);

  const bool isFiltering = isWanted("seccomp") && hasFilters();
  // A filter refuses sockets at no cost; a namespace takes the kernel a millisecond and more.
  if (!confinement.network && !isFiltering && isWanted("network")) note(ownNetwork());

  const bool isKept = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  note({"noNewPrivileges", isKept, isKept ? "set" : words(errno)});
  if (isWanted("capabilities")) note(dropCapabilities(capabilitiesFor(confinement)));
  if (isWanted("landlock")) {
    std::string folders;
    note(applyLandlock({confinement.grants, confinement.network}, folders));
    if (confined.steps.back().isHeld) confined.folders = folders;
  }
  if (isWanted("seccomp")) {
    CallRules rules;
    rules.ownProcess = ::getpid();
    rules.network = confinement.network;
    rules.programs = confinement.programs;
    rules.realtime = confinement.realtime;
    if (isAside) rules.programDescriptor = static_cast<unsigned>(confined.program);
    note(filterCalls(rules));
  }
  return confined;
}

}  // namespace retrovue::sandbox
