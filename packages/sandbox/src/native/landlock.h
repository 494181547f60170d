#pragma once
#include <string>
#include <vector>

#include "step.h"

namespace retrovue::sandbox {

/// What may be done beneath a path, each including what stands before it.
enum class PathUse {
  read,   ///< Files and lists of folders.
  run,    ///< Also executing them.
  write,  ///< Reading, and writing to files that are there; devices also by their own controls.
  make,   ///< Writing, and also making, renaming and removing files and folders.
};

/// A file or a folder with all that it holds. One that is not there is passed over.
struct PathGrant {
  std::string path;
  PathUse use = PathUse::read;
};

/// What Landlock is to allow; everything else that it knows of is refused.
struct LandlockRules {
  std::vector<PathGrant> grants;
  /// True: TCP as ever.
  bool network = false;
};

/// The version of Landlock that the kernel has, or minus an errno: ENOSYS where it was built without,
/// EOPNOTSUPP where it is off.
int landlockVersion();

/// Confines the calling thread, and whatever it begins, for good. Needs no_new_privs.
///
/// @param folders set to the folders that may be read, as `DEVICE:INODE` between commas: rules know folders,
/// not names
Step applyLandlock(const LandlockRules& rules, std::string& folders);

}  // namespace retrovue::sandbox
