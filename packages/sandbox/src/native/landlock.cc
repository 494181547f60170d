#include "landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace retrovue::sandbox {

namespace {

// The kernel's interface (Linux: include/uapi/linux/landlock.h), beyond what Debian 12's headers know.
// Numbers of the calls are the same on every architecture.
constexpr int callCreateRuleset = 444;
constexpr int callAddRule = 445;
constexpr int callRestrictSelf = 446;
constexpr std::uint32_t askVersion = 1;
constexpr int rulePathBeneath = 1;

struct RulesetAttributes {
  std::uint64_t fileSystem = 0;
  std::uint64_t network = 0;  // From version 4 on.
  std::uint64_t scoped = 0;   // From version 6 on.
};

struct __attribute__((packed)) PathBeneath {
  std::uint64_t access;
  std::int32_t parent;
};

constexpr std::uint64_t execute = 1 << 0, writeFile = 1 << 1, readFile = 1 << 2, readFolder = 1 << 3,
                        removeFolder = 1 << 4, removeFile = 1 << 5, makeFolder = 1 << 7, makeFile = 1 << 8,
                        refer = 1 << 13, truncateFile = 1 << 14, deviceControl = 1 << 15;
/// All of version 1: up to making symbolic links.
constexpr std::uint64_t firstVersion = (1 << 13) - 1;
/// What a rule on a plain file may hold.
constexpr std::uint64_t ofFiles = execute | writeFile | readFile | truncateFile | deviceControl;
constexpr std::uint64_t bindTcp = 1 << 0, connectTcp = 1 << 1;
constexpr std::uint64_t abstractSockets = 1 << 0, signals = 1 << 1;

std::uint64_t handledBy(int version) {
  std::uint64_t handled = firstVersion;
  if (version >= 2) handled |= refer;
  if (version >= 3) handled |= truncateFile;
  if (version >= 5) handled |= deviceControl;
  return handled;
}

std::uint64_t accessFor(PathUse use) {
  constexpr std::uint64_t reading = readFile | readFolder;
  switch (use) {
    case PathUse::read:
      return reading;
    case PathUse::run:
      return reading | execute;
    case PathUse::write:
      return reading | writeFile | truncateFile | deviceControl;
    case PathUse::make:
      return reading | writeFile | truncateFile | makeFile | removeFile | makeFolder | removeFolder;
  }
  return 0;
}

std::string words(const std::string& what, int error) {
  return what + ": " + std::strerror(error);
}

/// 0, or an errno. What is not there needs no rule.
int allow(int ruleset, const PathGrant& grant, std::uint64_t handled, std::string& folders) {
  const int fd = ::open(grant.path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) return 0;
  struct stat about {};
  std::uint64_t access = accessFor(grant.use) & handled;
  if (::fstat(fd, &about) == 0 && !S_ISDIR(about.st_mode)) {
    access &= ofFiles;
  } else if (grant.use == PathUse::read) {
    folders +=
        (folders.empty() ? "" : ",") + std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
  }
  const PathBeneath rule{access, fd};
  const int result = ::syscall(callAddRule, ruleset, rulePathBeneath, &rule, 0) == 0 ? 0 : errno;
  ::close(fd);
  // A pipe or a socket has no place in a file system, and needs none.
  return result == EBADFD ? 0 : result;
}

}  // namespace

int landlockVersion() {
  const long version = ::syscall(callCreateRuleset, nullptr, 0, askVersion);
  return version >= 0 ? static_cast<int>(version) : -errno;
}

Step applyLandlock(const LandlockRules& rules, std::string& folders) {
  const int version = landlockVersion();
  if (version < 1) {
    // The kernel itself says ENOSYS or EOPNOTSUPP; EPERM is the word of a container's or a service's filter.
    const std::string what =
        version == -EPERM ? "what the engine runs in refuses it" : "the kernel has no Landlock";
    return {"landlock", false, words(what, -version)};
  }
  RulesetAttributes attributes;
  attributes.fileSystem = handledBy(version);
  std::size_t bytes = sizeof attributes.fileSystem;
  if (version >= 4) {
    attributes.network = rules.network ? 0 : bindTcp | connectTcp;
    bytes += sizeof attributes.network;
  }
  if (version >= 6) {
    attributes.scoped = (rules.network ? 0 : abstractSockets) | signals;
    bytes += sizeof attributes.scoped;
  }
  const int ruleset = static_cast<int>(::syscall(callCreateRuleset, &attributes, bytes, 0));
  if (ruleset < 0) return {"landlock", false, words("no rules can be made", errno)};
  int error = 0;
  for (const PathGrant& grant : rules.grants) {
    error = allow(ruleset, grant, attributes.fileSystem, folders);
    if (error != 0) {
      ::close(ruleset);
      return {"landlock", false, words(grant.path, error)};
    }
  }
  if (::syscall(callRestrictSelf, ruleset, 0) != 0) error = errno;
  ::close(ruleset);
  if (error != 0) return {"landlock", false, words("it is refused", error)};
  return {"landlock", true, "version " + std::to_string(version)};
}

}  // namespace retrovue::sandbox
