#include "exit_names.h"

#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <set>

namespace retrovue::framebus {
namespace {

struct Names {
  std::mutex mutex;
  std::set<std::string> paths;
  /// A forked child that exits must not take its parent's names away.
  pid_t owner = 0;
};

/// Never destroyed: threads may still be at work while the process exits.
Names& names() {
  static Names* const all = new Names();
  return *all;
}

void removeAtExit() {
  Names& all = names();
  const std::scoped_lock lock(all.mutex);
  if (all.owner != ::getpid()) return;
  for (const auto& path : all.paths) ::unlink(path.c_str());
  all.paths.clear();
}

}  // namespace

void rememberName(const std::string& path) {
  static std::once_flag registered;
  std::call_once(registered, [] { std::atexit(removeAtExit); });
  Names& all = names();
  const std::scoped_lock lock(all.mutex);
  if (all.owner != ::getpid()) {
    all.owner = ::getpid();
    all.paths.clear();
  }
  all.paths.insert(path);
}

void forgetName(const std::string& path) {
  Names& all = names();
  const std::scoped_lock lock(all.mutex);
  all.paths.erase(path);
}

}  // namespace retrovue::framebus
