#pragma once
#include <atomic>
#include <cstdint>

namespace retrovue::libav {

/// What this process has of the C library's heap, in bytes, the arenas of all its threads together. Zeros where
/// the C library does not tell (glibc from 2.33 on does).
struct HeapUse {
  /// Handed out and not freed. What threads keep for their next request of the same small size counts as well.
  std::uint64_t inUse = 0;
  /// Taken from the system and freed: some of it was given back already, which the library does not count.
  std::uint64_t free = 0;
};
HeapUse heapUse();

/// Gives back to the system what is free; nothing but under glibc.
///
/// A codec's pictures lie in the arena of whichever thread asked for them, and glibc returns by itself only what
/// is free at an arena's end: a small block that lives on there keeps all before it resident. A worker that plays
/// a segment a second held 70 to 125 MB that way beside the 60 to 110 that it used.
///
/// Arenas are locked one after the other while their free pages are given back, so that a thread that asks for memory
/// may wait for its own: of 500 MB in 13 arenas, half of them free, the whole takes 20 to 30 ms, and no thread
/// waited for more than 2, while pictures are decoded 200 ms and more ahead. Not for JavaScript's thread.
void trimHeap();

/// Lets one caller through in ten seconds: a trim and faulting 50 MB in again take some 45 ms of computing, which is half
/// a percent of a core where segments last a second, and nothing where they last minutes. Any thread.
class TrimPace {
 public:
  /// True where it is this caller's turn. `nowNs` is monotonic.
  bool takes(std::int64_t nowNs);

 private:
  std::atomic<std::int64_t> nextNs_{INT64_MIN};
};

/// `trimHeap` at a `TrimPace` of the addon (each has one): for wherever much was freed.
void trimHeapNowAndThen();

}  // namespace retrovue::libav
