#include <retrovue/test/runner.h>

#ifdef __SANITIZE_THREAD__
/// libav is not instrumented: what its own threads hand each other by atomic counters of references looks like a race, down to our
/// callback that frees a buffer. Reports without a frame of libav stand.
extern "C" __attribute__((visibility("default"), used)) const char* __tsan_default_suppressions() {
  return "race:libavcodec.so\nrace:libavutil.so\n";
}
#endif

RETROVUE_TEST_MAIN
