#include <retrovue/test/runner.h>

// libx265 forgets a few strings and tables of each encoder it opens; nothing of ours is on those stacks.
extern "C" __attribute__((used, visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libx265.so\n";
}

RETROVUE_TEST_MAIN
