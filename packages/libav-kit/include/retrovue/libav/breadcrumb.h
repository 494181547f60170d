#pragma once
#include <atomic>
#include <cstdint>
#include <string_view>

namespace retrovue::libav {

/// What a thread is at, in the table that outlives its process. Numbers are part of the layout.
enum class Activity : std::uint32_t {
  idle = 0,
  opening = 1,
  reading = 2,
  decoding = 3,
  seeking = 4,
  closing = 5
};

/// One thread's line of the table: 512 bytes, native byte order, read by the engine after a worker's death.
/// `sequence` is odd while the asset's name is being changed.
struct Breadcrumb {
  std::atomic<std::uint32_t> sequence;
  std::atomic<std::uint32_t> activity;
  /// Linux thread id, 0 for a free line. A crash handler or a core dump names the same number.
  std::atomic<std::uint32_t> thread;
  /// 1 pictures, 2 sound.
  std::atomic<std::uint32_t> role;
  /// Media time in ns of what is worked on.
  std::atomic<std::int64_t> positionNs;
  /// CLOCK_MONOTONIC of the last change.
  std::atomic<std::int64_t> changedNs;
  /// UTF-8, cut, zero-terminated.
  char asset[480];
};
static_assert(sizeof(Breadcrumb) == 512 && sizeof(std::atomic<std::int64_t>) == 8);

/// Head of the table, one line long as well.
struct BreadcrumbHead {
  char magic[8];  ///< "RVCRUMB1"
  std::uint32_t lines;
  std::uint32_t lineBytes;
  /// 1 + the line of the thread that took a deadly signal, or of the one that began it; 0 while nobody has.
  std::atomic<std::uint32_t> faultLine;
  std::atomic<std::uint32_t> faultSignal;
  /// The process that sent the first deadly signal, where another did: then nothing here is at fault. Else 0.
  std::atomic<std::uint32_t> faultSender;
  char reserved[484];
};
static_assert(sizeof(BreadcrumbHead) == 512);

/// Lines of a table: more threads than a worker has; those beyond leave no crumb.
constexpr std::uint32_t breadcrumbLines = 255;

/// Maps the file behind `fd` (given its 128 KiB, on the disk as well) as this process's table, for threads that begin from
/// now on, and sees to it that a thread with a line that takes a deadly signal is noted there before the process ends
/// as it would have. The mapping stays until the process ends; `fd` may be closed. Where a table is there already it stays, and
/// the file is not touched. False where there is no room for it or it cannot be mapped: then nothing leaves breadcrumbs.
bool useBreadcrumbFile(int fd);

/// One thread's crumb for as long as it lives. The thread is named after its line, and threads that a library
/// begins on it inherit the name: so a fault in one of them is put down to the right asset. Costs two relaxed
/// stores a change; nothing without a table.
class BreadcrumbTrail {
 public:
  BreadcrumbTrail(std::string_view asset, std::uint32_t role);
  ~BreadcrumbTrail();
  BreadcrumbTrail(const BreadcrumbTrail&) = delete;
  BreadcrumbTrail& operator=(const BreadcrumbTrail&) = delete;
  void at(Activity activity, std::int64_t positionNs) const;
  void at(Activity activity) const;

 private:
  Breadcrumb* line_ = nullptr;
};

}  // namespace retrovue::libav
