#pragma once
#include <retrovue/expected.h>

#include <string>

namespace retrovue::framebus {

/// Removes what a dead engine left of the bus whose control object is at `path`. `AlreadyExists` if it lives
/// (rule 6). `keepReaders`: this process shows the readers table itself.
Expected<void> removeDeadBus(const std::string& path, bool keepReaders);

/// Removes all objects in `directory` whose names begin with `prefix` and whose engines are dead. Answers how
/// many. What may not be opened is another's and left alone.
int removeDeadObjects(const std::string& directory, const std::string& prefix);

}  // namespace retrovue::framebus
