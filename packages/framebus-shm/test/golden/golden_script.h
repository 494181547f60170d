#pragma once
#include <string>

namespace retrovue::framebus::golden {

/// Writes every golden bus below `folder`, each as `<name>/control`, `pictures` and `readers`, with what
/// readers must read from it as `<name>/manifest.json`. The manifest is made from what was meant, not by
/// reading the bus.
void writeGoldens(const std::string& folder);

}  // namespace retrovue::framebus::golden
