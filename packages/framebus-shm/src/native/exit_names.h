#pragma once
#include <string>

namespace retrovue::framebus {

/// The names that this process gave and has not taken away, so that an exit without teardown (`process.exit`,
/// which ends the main thread's environment without its hooks) still leaves nothing behind. Process-wide by
/// nature: names are. A crash or kill leaves them to the next start (rule 6).
void rememberName(const std::string& path);
void forgetName(const std::string& path);

}  // namespace retrovue::framebus
