#pragma once
#include <cstdint>
#include <string>

#include "spec.h"

namespace retrovue::framebus::golden {

/// A bus on the system's clock whose worker submits every tick, for `seconds` or until standard input ends.
/// Says one JSON line when it runs, and one at the end.
void runLive(const Place& place, std::uint32_t seconds);

/// A bus whose clock stands still, moved by lines on standard input until it ends; each is answered by a JSON
/// line:
///   commit N     the worker hands N more ticks over, each with pixels, sound and an asset of its own
///   standin N    N more ticks get the committer's stand-in
///   clock H R    house time is H nanoseconds from now on, at R parts per billion beside real time
///   readers      who shows itself in the readers table
void runSteps(const Place& place);

}  // namespace retrovue::framebus::golden
