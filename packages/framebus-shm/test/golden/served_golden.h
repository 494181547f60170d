#pragma once
#include <string>

namespace retrovue::framebus::golden {

/// Shows the golden in `folder` as a living bus whose control object is at `path`, with lock and heartbeat,
/// until standard input ends. Says "ready" on a line.
void serveGolden(const std::string& folder, const std::string& path);

}  // namespace retrovue::framebus::golden
