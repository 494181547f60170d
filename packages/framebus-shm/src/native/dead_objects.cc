#include "dead_objects.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "shared_object.h"

namespace retrovue::framebus {
namespace {

enum class Removal { removed, absent, alive, denied };

/// Removes one object whose lock is free. The lock is taken before the name goes and the name is compared
/// with what was locked, so of two engines that clean up at once neither can remove what the other has just
/// made.
Removal removeIfDead(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.isOpen()) return errno == ENOENT ? Removal::absent : Removal::denied;
  if (isLocked(fd.get())) return Removal::alive;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  // A reader's read lock may stand in the way of this one; it is no sign of life, so the name goes all the
  // same.
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0 && isLocked(fd.get())) return Removal::alive;
  struct stat opened {};
  struct stat named {};
  if (::fstat(fd.get(), &opened) != 0 || ::lstat(path.c_str(), &named) != 0) return Removal::absent;
  if (opened.st_ino != named.st_ino || opened.st_dev != named.st_dev) return Removal::alive;
  return ::unlink(path.c_str()) == 0 ? Removal::removed : Removal::denied;
}

/// Splits "prefix.engine.ch7.pictures" into the bus's name and the rest; an empty name where it is not one of
/// ours.
std::string busOf(std::string_view name, std::string_view prefix) {
  if (name.size() <= prefix.size() + 1 || !name.starts_with(prefix) || name[prefix.size()] != '.') return {};
  const std::string_view rest = name.substr(prefix.size() + 1);
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0 || !rest.substr(dot + 1).starts_with("ch")) return {};
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t end = dot + 3;
  while (end < rest.size() && isDigit(rest[end])) ++end;
  if (end == dot + 3) return {};
  const std::string_view kind = rest.substr(end);
  const bool known =
      kind.empty() || kind == ".pictures" || kind == ".readers" ||
      (kind.starts_with(".lane") && kind.size() > 5 && std::all_of(kind.begin() + 5, kind.end(), isDigit));
  if (!known) return {};
  return std::string(name.substr(0, prefix.size() + 1 + end));
}

std::vector<std::string> namesIn(const std::string& directory) {
  std::vector<std::string> names;
  DIR* const folder = ::opendir(directory.c_str());
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder)) names.emplace_back(entry->d_name);
  ::closedir(folder);
  return names;
}

/// The control object goes first: without it nobody opens the others.
int removeAll(const std::string& directory, const std::string& bus, const std::vector<std::string>& names) {
  const std::string control = directory + "/" + bus;
  const Removal first = removeIfDead(control);
  if (first == Removal::alive || first == Removal::denied) return 0;
  int removed = first == Removal::removed ? 1 : 0;
  for (const auto& name : names) {
    if (name != bus && removeIfDead(directory + "/" + name) == Removal::removed) ++removed;
  }
  return removed;
}

}  // namespace

Expected<void> removeDeadBus(const std::string& path, bool keepReaders) {
  const Removal control = removeIfDead(path);
  const Failure exists{"AlreadyExists",
                       "A living engine has the bus " + path + "; give this engine another id.", 0};
  if (control == Removal::alive) return exists;
  if (control == Removal::denied) {
    return Failure{"PermissionDenied",
                   path + " exists and belongs to another user; give this engine another prefix.", 0};
  }
  const Removal pictures = removeIfDead(path + ".pictures");
  if (pictures == Removal::alive) return exists;
  if (!keepReaders) removeIfDead(path + ".readers");
  const std::size_t slash = path.rfind('/');
  const std::string directory = path.substr(0, slash);
  for (const auto& name : namesIn(directory)) {
    if (name.starts_with(path.substr(slash + 1) + ".lane")) removeIfDead(directory + "/" + name);
  }
  return {};
}

int removeDeadObjects(const std::string& directory, const std::string& prefix) {
  std::map<std::string, std::vector<std::string>> buses;
  for (const auto& name : namesIn(directory)) {
    if (const std::string bus = busOf(name, prefix); !bus.empty()) buses[bus].push_back(name);
  }
  int removed = 0;
  for (const auto& [bus, names] : buses) removed += removeAll(directory, bus, names);
  return removed;
}

}  // namespace retrovue::framebus
