#include <retrovue/test/runner.h>

TEST("check") {
  CHECK_EQ(1, 2);
}

TEST("require") {
  REQUIRE(false);
  std::exit(0);  // Must not be reached: it would pass.
}

RETROVUE_TEST_MAIN
