/*
 * Reads a channel's frame bus: this header and frame_bus_reader.c, nothing else. C11, Linux.
 *
 * A reader maps the bus read-only and never disturbs it. Every wait is bounded. Functions return an
 * `rvfb_status` and never print, abort or allocate, except `rvfb_reader_open`, which allocates the reader.
 *
 * Threads: `rvfb_reader_wait` may run on one thread while another calls the rest, and `rvfb_reader_interrupt`
 * ends it. Everything else from one thread at a time.
 */
#ifndef RETROVUE_FRAME_BUS_READER_H
#define RETROVUE_FRAME_BUS_READER_H

#include <retrovue/frame_bus.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rvfb_status {
  RVFB_OK = 0,
  RVFB_NOT_YET = 1,      /* the tick is not committed yet */
  RVFB_OVERRUN = 2,      /* the tick is held no more: go on at rvfb_reader_oldest(), never retry */
  RVFB_TIMEOUT = 3,      /* go on */
  RVFB_INTERRUPTED = 4,  /* rvfb_reader_interrupt() was called */
  RVFB_STALE = 5,        /* the bus was replaced, closed, or its engine is gone: close and open again */
  RVFB_NOT_FOUND = 6,    /* no bus of this name (yet) */
  RVFB_INCOMPATIBLE = 7, /* another magic, layout version or size; truncated or foreign */
  RVFB_DENIED = 8,       /* no permission to read the objects */
  RVFB_SYSTEM = 9        /* anything else that the system refused; see errno */
} rvfb_status;

typedef struct rvfb_reader rvfb_reader;

/* One tick as it was read. Pixels are not copied: `planes` point into the bus, read-only; storing to them
 * faults. */
typedef struct rvfb_frame {
  rvfb_slot slot;
  uint8_t ancillary[RVFB_ANCILLARY_BYTES]; /* slot.ancillary_bytes of records */
  const uint8_t* planes[RVFB_PLANES_MAX];
} rvfb_frame;

/*
 * Opens the bus whose control object is at `path`, as "/dev/shm/retrovue.east.ch7", and shows itself under
 * `name` (may be NULL) in the readers table where that may be written. On success `*reader` belongs to the
 * caller. Where there is no bus yet the wish is left in the readers table all the same, so that an on-demand
 * channel can start.
 */
rvfb_status rvfb_reader_open(const char* path, const char* name, rvfb_reader** reader);

/* Unmaps and frees. No other call may be under way. NULL is fine. */
void rvfb_reader_close(rvfb_reader* reader);

/* Leaves the readers table and closes the objects, but keeps what is mapped: for those who must know that
 * views stay valid a little longer. rvfb_reader_close() must follow. */
void rvfb_reader_leave(rvfb_reader* reader);

/* The mapped header: constants may be read plainly. */
const rvfb_header* rvfb_reader_header(const rvfb_reader* reader);
/* Base of the mapped pictures object. */
const uint8_t* rvfb_reader_pictures(const rvfb_reader* reader);

/* The last committed tick (-1 before the first), and the oldest that may be read. */
int64_t rvfb_reader_head(const rvfb_reader* reader);
int64_t rvfb_reader_oldest(const rvfb_reader* reader);

/* Waits until `tick` is committed. OK, TIMEOUT, INTERRUPTED or STALE. At most timeout_ns, and 0.1 s late at
 * worst when interrupted. Where the system allows no futexes it looks every quarter of a tick (1 to 10 ms). */
rvfb_status rvfb_reader_wait(rvfb_reader* reader, int64_t tick, int64_t timeout_ns);
/* Ends the wait under way, or the next one where none is. From any thread. */
void rvfb_reader_interrupt(rvfb_reader* reader);

/* Reads one tick. OK, NOT_YET, OVERRUN, STALE (closed), or INCOMPATIBLE where the slot makes no sense. */
rvfb_status rvfb_reader_read(rvfb_reader* reader, int64_t tick, rvfb_frame* frame);
/* After the last look at the pixels: 1 if they were the frame's own all the while, 0 if they may be torn. */
int rvfb_reader_intact(const rvfb_reader* reader, const rvfb_slot* slot);
/* Copies the tick's sound, slot.sample_count samples into each of `channels` arrays. 1 if whole, 0 if
 * overwritten. */
int rvfb_reader_sound(const rvfb_reader* reader, const rvfb_slot* slot, float* const* into,
                      uint32_t channels);
/* Copies the asset that the slot names. OK, NOT_FOUND where it names none, OVERRUN where the entry was
 * rewritten: that happens only once no readable tick names it, so the whole tick was read too late. Else
 * INCOMPATIBLE. */
rvfb_status rvfb_reader_asset(const rvfb_reader* reader, const rvfb_slot* slot, rvfb_asset* into);

/* The clock mapping (the one before, while it is being changed), and house time by it, which never steps
 * back. */
void rvfb_reader_mapping(rvfb_reader* reader, rvfb_mapping* into);
int64_t rvfb_reader_now(rvfb_reader* reader);

/* OK or STALE. Asks the system: for use a few times a second, not per frame. Not beside rvfb_reader_wait. */
rvfb_status rvfb_reader_check(rvfb_reader* reader);
/* Shows the cursor in the readers table: one system call. */
void rvfb_reader_show(rvfb_reader* reader, int64_t cursor, uint64_t overruns);

/* One sentence for a status. */
const char* rvfb_status_text(rvfb_status status);

#ifdef __cplusplus
}
#endif
#endif
