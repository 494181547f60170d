#pragma once
#include <string>

#include "report.h"

namespace retrovue::framebus::adversity {

/// A reader is descheduled after every number of instructions of its read, lapped by any number of ticks
/// while the worker draws on all that it can borrow, and goes on. What it then says it read must be so. The
/// mutants `trusts-pixels` and `trusts-sound` do not ask whether what they used was intact.
int readerLapped(const Campaign& campaign);

/// The process that is descheduled: reads one tick, with a mark before the part `from` (slot, pixels, sound
/// or asset) and one at the end, and prints what came of it.
int lappedReader(const std::string& path, std::int64_t tick, const std::string& from,
                 const std::string& mutant);

}  // namespace retrovue::framebus::adversity
