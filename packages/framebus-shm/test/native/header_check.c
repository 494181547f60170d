#include <retrovue/frame_bus.h>
#include <retrovue/frame_bus_protocol.h>
#include <retrovue/frame_bus_reader.h>

/* Compiling this is the test. */
int rvfb_header_check(void);
int rvfb_header_check(void) {
  return (int)sizeof(rvfb_header);
}
