#pragma once
#include <optional>

#include "filter_program.h"

namespace retrovue::sandbox {

/// What decides which system calls a process keeps.
struct CallRules {
  /// Its own id: it may signal nobody else.
  int ownProcess = 0;
  /// True: it may open sockets of the internet.
  bool network = false;
  /// True: it may begin programs and signal them.
  bool programs = false;
  /// True: it may set the scheduling of its threads.
  bool realtime = false;
  /// The descriptor of the program that is about to be executed, beyond the limit of descriptors, so that the
  /// process can never have it again once that has closed it. Absent: any program may be executed by a
  /// descriptor.
  std::optional<unsigned> programDescriptor;
};

/// The filter: what a decoder or an encoder never needs is refused.
FilterProgram filterFor(const CallRules& rules);

}  // namespace retrovue::sandbox
