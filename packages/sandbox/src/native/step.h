#pragma once
#include <string>

namespace retrovue::sandbox {

/// What came of one measure.
struct Step {
  /// Its name in reports: a word of `stepNames` in src/report.ts.
  const char* name;
  bool isHeld = false;
  /// What it is where it holds, why it does not where it does not.
  std::string detail;
};

}  // namespace retrovue::sandbox
