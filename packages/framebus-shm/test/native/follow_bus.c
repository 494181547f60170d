/* Follows a bus, as any C program would: the example of docs/contracts/frame-bus.md, which quotes it.
 * Compiled with the tests; run by hand: follow_bus /dev/shm/retrovue.east.ch7 */
#include <retrovue/frame_bus_reader.h>
#include <stdio.h>

static void use(const rvfb_frame* frame, uint32_t stride) {
  printf("%lld %u %u\n", (long long)frame->slot.tick, stride, frame->planes[0][0]);
}

int main(int argc, char** argv) {
  rvfb_reader* reader;
  if (argc < 2 || rvfb_reader_open(argv[1], "follow_bus", &reader) != RVFB_OK) return 1;
  int64_t tick = rvfb_reader_head(reader);
  for (;;) {
    rvfb_status status = rvfb_reader_wait(reader, tick, 1000000000);
    if (status == RVFB_TIMEOUT) continue;
    if (status != RVFB_OK) break; /* stale: close and open again */
    rvfb_frame frame;
    status = rvfb_reader_read(reader, tick < 0 ? rvfb_reader_head(reader) : tick, &frame);
    if (status == RVFB_OVERRUN) {
      tick = rvfb_reader_oldest(reader); /* told: go on there, never retry */
      continue;
    }
    if (status != RVFB_OK) break;
    use(&frame, rvfb_reader_header(reader)->format.plane_stride[0]);
    if (!rvfb_reader_intact(reader, &frame.slot)) fputs("drawn over meanwhile: discard it\n", stderr);
    tick = frame.slot.tick + 1;
  }
  rvfb_reader_close(reader);
  return 0;
}
