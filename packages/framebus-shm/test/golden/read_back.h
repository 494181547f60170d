#pragma once
#include <string>

namespace retrovue::framebus::golden {

/// Reads all that may be read of the bus at `path` with the C reader and answers the manifest of it. Ticks
/// that are held no more are asked for too: those given.
std::string readBack(const std::string& path, const std::string& overruns);

}  // namespace retrovue::framebus::golden
