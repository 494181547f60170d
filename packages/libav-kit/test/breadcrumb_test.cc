#include <retrovue/libav/breadcrumb.h>
#include <retrovue/test/runner.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "clip.h"

using namespace retrovue::libav;
using namespace retrovue::libav::test;

TEST("breadcrumb/each-thread-says-what-it-is-at") {
  std::string path = (std::filesystem::temp_directory_path() / "retrovue-crumbs-XXXXXX").string();
  const int fd = mkstemp(path.data());
  REQUIRE(fd >= 0);
  unlink(path.c_str());
  REQUIRE(useBreadcrumbFile(fd));
  CHECK(!useBreadcrumbFile(fd));
  constexpr std::size_t bytes = sizeof(BreadcrumbHead) + breadcrumbLines * sizeof(Breadcrumb);
  // As whoever looks after a crash: through a mapping of their own.
  void* seen = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  REQUIRE(seen != MAP_FAILED);
  const auto* head = static_cast<const BreadcrumbHead*>(seen);
  CHECK(std::memcmp(head->magic, "RVCRUMB1", 8) == 0);
  const auto* lines = reinterpret_cast<const Breadcrumb*>(head + 1);
  const auto inUse = [&](std::uint32_t role) {
    int count = 0;
    for (std::uint32_t i = 0; i < breadcrumbLines; i++) {
      if (lines[i].thread != 0 && lines[i].role == role && std::strcmp(lines[i].asset, "test") == 0) count++;
    }
    return count;
  };
  {
    Player player(mp4Clip().open());
    REQUIRE(player.info());
    CHECK_EQ(inUse(1), 1);
    CHECK_EQ(inUse(2), 1);
  }
  CHECK_EQ(inUse(1) + inUse(2), 0);
  munmap(seen, bytes);
}
