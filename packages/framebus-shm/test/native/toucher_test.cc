#include <unistd.h>

#include <fstream>
#include <string>

#include "bench.h"
#include "page_toucher.h"

using namespace retrovue::framebus;
using namespace retrovue::framebus::testing;

namespace {

constexpr std::size_t kBytes = 24u << 20;

/// Kilobytes of the mapping at `at` that this process has in its page tables.
std::size_t touchedKilobytes(const std::byte* at) {
  char begins[32];
  std::snprintf(begins, sizeof begins, "%lx-", reinterpret_cast<unsigned long>(at));
  std::ifstream maps("/proc/self/smaps");
  bool isOurs = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.rfind(begins, 0) == 0) isOurs = true;
    if (isOurs && line.rfind("Rss:", 0) == 0) return std::stoul(line.substr(4));
  }
  return 0;
}

}  // namespace

TEST("bus/pages-that-are-left-for-later-are-all-touched") {
  auto object = SharedObject::make("/dev/shm", kBytes, 0600, Touching::later);
  REQUIRE(object);
  CHECK_EQ(touchedKilobytes(object->mapping()->at()), std::size_t{0});
  PageToucher toucher;
  toucher.begin(object->mapping());
  toucher.finish();
  CHECK_EQ(touchedKilobytes(object->mapping()->at()), kBytes / 1024);
}

TEST("bus/touching-ends-when-told-and-keeps-its-mapping-until-then") {
  auto object = SharedObject::make("/dev/shm", kBytes, 0600, Touching::later);
  REQUIRE(object);
  const std::weak_ptr<Mapping> mapping = object->mapping();
  for (int i = 0; i < 20; ++i) {
    PageToucher toucher;
    toucher.begin(object->mapping());
    if (i == 19) object->unmap();
  }
  CHECK(mapping.expired());
}
