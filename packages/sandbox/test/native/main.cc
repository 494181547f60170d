#include <retrovue/test/runner.h>

RETROVUE_TEST_MAIN
