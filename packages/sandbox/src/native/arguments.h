#pragma once
#include <retrovue/expected.h>

#include <vector>

#include "confinement.h"

namespace retrovue::sandbox {

/// The launcher's command line.
struct Arguments {
  Confinement confinement;
  /// Confines itself, says what came of it as JSON, and ends.
  bool isProbe = false;
  /// Executes nothing unless every measure holds.
  bool isRequired = false;
  /// The program with its arguments, and a null at its end.
  std::vector<char*> program;

  /// `InvalidArgument` naming what is not understood.
  static Expected<Arguments> read(int argc, char** argv);
};

}  // namespace retrovue::sandbox
