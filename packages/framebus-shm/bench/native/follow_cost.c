/* Follows a bus as a process of its own, for benches of what goes through one:
 *   follow_cost CONTROL_OBJECT FROM LAST
 * Says "ready", reads every tick up to LAST, then says its computing time in µs from tick FROM on, how many
 * ticks it read and how many of those were stand-ins. What a reader of pictures does is done: wait, read,
 * look at each plane, check that it held still. */
#include <retrovue/frame_bus_reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static long long computed_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

int main(int argc, char** argv) {
  rvfb_reader* reader;
  if (argc < 4 || rvfb_reader_open(argv[1], "bench", &reader) != RVFB_OK) return 1;
  const int64_t from = strtoll(argv[2], NULL, 10);
  const int64_t last = strtoll(argv[3], NULL, 10);
  puts("ready");
  fflush(stdout);
  long long before = -1;
  unsigned looked = 0;
  int seen = 0;
  int stand_ins = 0;
  for (int64_t tick = rvfb_reader_head(reader); tick <= last;) {
    rvfb_status status = rvfb_reader_wait(reader, tick, 1000000000);
    if (status == RVFB_TIMEOUT) continue;
    if (status != RVFB_OK) break;
    rvfb_frame frame;
    status = rvfb_reader_read(reader, tick < 0 ? rvfb_reader_head(reader) : tick, &frame);
    if (status == RVFB_OVERRUN) {
      tick = rvfb_reader_oldest(reader);
      continue;
    }
    if (status != RVFB_OK) break;
    if (before < 0 && frame.slot.tick >= from) before = computed_us();
    for (unsigned p = 0; p < RVFB_PLANES_MAX; ++p) {
      if (frame.planes[p] != NULL) looked += frame.planes[p][0];
    }
    if (!rvfb_reader_intact(reader, &frame.slot)) return 1;
    ++seen;
    if ((frame.slot.flags & (RVFB_FLAG_HOLD | RVFB_FLAG_SLATE | RVFB_FLAG_BLACK)) != 0) ++stand_ins;
    tick = frame.slot.tick + 1;
  }
  printf("%lld %d %d %u\n", computed_us() - before, seen, stand_ins, looked);
  rvfb_reader_close(reader);
  return 0;
}
