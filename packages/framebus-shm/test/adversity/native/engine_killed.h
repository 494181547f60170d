#pragma once
#include <string>

#include "report.h"

namespace retrovue::framebus::adversity {

/// An engine is killed after every step of `phase`: "making" its bus, "committing" a tick, "standing-in",
/// "changing-lanes" or "closing". Readers are told, what they could read stays whole, and the next start with
/// the same id finds nothing in its way and leaves nothing behind.
int engineKilled(const Campaign& campaign, const std::string& phase);

/// The engine of `engineKilled`.
int killedEngine(const std::string& prefix, const std::string& phase);

}  // namespace retrovue::framebus::adversity
