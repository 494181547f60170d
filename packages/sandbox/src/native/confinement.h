#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "landlock.h"
#include "step.h"

namespace retrovue::sandbox {

/// What a process is left with.
struct Confinement {
  std::vector<PathGrant> grants;
  bool network = false;
  bool programs = false;
  bool realtime = false;
  /// Descriptors from this one on are closed.
  unsigned descriptors = 3;
  /// Bytes of memory of its own that it may write to; 0 is no bound.
  std::uint64_t memoryBytes = 0;
  /// Measures that are left out, by name.
  std::set<std::string> without;
};

/// What came of it, and how the program is to be executed.
struct Confined {
  std::vector<Step> steps;
  /// Of the program; see CallRules::programDescriptor.
  int program = -1;
  /// Where Landlock holds: the folders that may be read (see applyLandlock).
  std::optional<std::string> folders;
};

/// Takes everything from the calling process, which must have one thread, that it does not need; for good.
/// Goes on where the kernel refuses a measure: its step says so.
Confined confine(const Confinement& confinement, const std::string& program);

}  // namespace retrovue::sandbox
