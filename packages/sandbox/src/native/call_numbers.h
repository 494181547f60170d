#pragma once
// Numbers of system calls that are younger than the headers of Debian 12 (Linux 6.1). From 424 on they are
// the same on every architecture (Linux: scripts/syscall.tbl).

namespace retrovue::sandbox {

constexpr int callFchmodat2 = 452;
constexpr int callSetxattrat = 463;
constexpr int callRemovexattrat = 466;
constexpr int callOpenTreeAttr = 467;
constexpr int callFileSetattr = 469;

/// The newest call that the rules were written for.
constexpr int newestCall = callFileSetattr;

}  // namespace retrovue::sandbox
