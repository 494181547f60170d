#include <retrovue/libav/heap.h>
#include <retrovue/test/runner.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

using namespace retrovue::libav;

namespace {

/// A sanitizer has a heap of its own, of which the C library knows nothing.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool isGlibcs = true;
#else
constexpr bool isGlibcs = false;
#endif

std::uint64_t residentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Blocks that glibc takes from an arena and not from the system.
constexpr std::size_t blockBytes = 100'000;
constexpr std::size_t blocks = 400;

using Block = std::unique_ptr<std::vector<char>>;

}  // namespace

TEST("heap/what-is-in-use-is-told") {
  if (!isGlibcs) return;
  const std::uint64_t before = heapUse().inUse;
  auto block = std::make_unique<std::vector<char>>(blockBytes, 'x');
  CHECK(heapUse().inUse >= before + blockBytes);
  block.reset();
  CHECK(heapUse().inUse < before + blockBytes);
}

TEST("heap/what-is-free-between-blocks-in-use-is-given-back") {
  if (!isGlibcs) return;
  std::vector<Block> held;
  std::vector<std::unique_ptr<int>> small;
  for (std::size_t i = 0; i < blocks; i++) {
    held.push_back(std::make_unique<std::vector<char>>(blockBytes, 'x'));
    small.push_back(std::make_unique<int>(1));
  }
  // The last stays: nothing is free at the end of the heap, which is all that glibc looks at by itself.
  const std::uint64_t full = residentBytes();
  for (std::size_t i = 0; i + 1 < blocks; i++) held[i].reset();
  CHECK(residentBytes() + blocks * blockBytes / 4 > full);
  trimHeap();
  CHECK(residentBytes() + blocks * blockBytes * 3 / 4 < full);
}

TEST("heap/one-caller-in-ten-seconds-trims") {
  TrimPace pace;
  constexpr std::int64_t second = 1'000'000'000;
  CHECK(pace.takes(5 * second));
  CHECK(!pace.takes(5 * second));
  CHECK(!pace.takes(15 * second - 1));
  CHECK(pace.takes(15 * second));
  CHECK(!pace.takes(16 * second));
}
