#pragma once
#include "report.h"

namespace retrovue::framebus::adversity {

/// A worker process stores anything into all that it can reach while ticks go by. The committer lives, each
/// tick comes, no descriptor is senseless, and the worker after it finds a whole bus.
int wildWorker(const Campaign& campaign);

}  // namespace retrovue::framebus::adversity
