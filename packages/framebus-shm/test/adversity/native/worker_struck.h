#pragma once
#include "report.h"

namespace retrovue::framebus::adversity {

/// A worker is killed after every number of instructions of loan, paint, submission and release. The tick
/// airs whole or is stood in for, no buffer is lost, and the next worker finds everything in order.
int workerKilled(const Campaign& campaign);

/// A worker is stopped in the same places, its tick goes by (with or without a new worker's lane), and it
/// goes on: refused where its tick was taken, and what it draws is never shown.
int workerStopped(const Campaign& campaign);

}  // namespace retrovue::framebus::adversity
