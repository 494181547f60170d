/* The reader's side of the frame bus, by the rules of frame_bus_protocol.h: maps, waits and bounds. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <retrovue/frame_bus_checks.h>
#include <retrovue/frame_bus_protocol.h>
#include <retrovue/frame_bus_reader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ll
/* A wait looks for the death of the engine this often: a dead engine wakes nobody. */
#define SLICE_NS 100000000ll
struct rvfb_reader {
  int control_fd;
  int readers_fd; /* -1: not shown */
  int interrupted;
  uint32_t entry;
  const uint8_t* control;
  size_t control_bytes;
  const uint8_t* pictures;
  size_t pictures_bytes;
  dev_t device;
  ino_t inode;
  uint64_t heartbeat;
  int64_t looked;  /* when heartbeats were looked at last, on CLOCK_MONOTONIC */
  uint64_t silent; /* ns of looking without a heartbeat */
  int64_t now_latest;
  int64_t quarter_ns; /* of a tick, by the checked copy of the header: what is mapped may change */
  rvfb_mapping mapping; /* the last that was seen whole */
  char path[PATH_MAX];
};

static int64_t mono_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* FUTEX_WAIT only loads the word, which is mapped read-only. 0 where the system has or allows no such futex. */
static int futex_wait_until(const uint32_t* word, uint32_t seen, int64_t mono) {
  const struct timespec until = {mono / NS_PER_S, mono % NS_PER_S};
  return syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, NULL, FUTEX_BITSET_MATCH_ANY) == 0 ||
         errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT;
}

/* Without futexes a wait looks again after a quarter of a tick, 1 to 10 ms: more looks would show in the machine's load. */
static void sleep_a_little(int64_t quarter, int64_t left) {
  const int64_t look = quarter < 1000000 ? 1000000 : quarter > 10000000 ? 10000000 : quarter;
  const struct timespec pause = {0, left < look ? left : look};
  if (left > 0) nanosleep(&pause, NULL);
}

static rvfb_status status_of_errno(void) {
  if (errno == ENOENT) return RVFB_NOT_FOUND;
  return errno == EACCES || errno == EPERM ? RVFB_DENIED : RVFB_SYSTEM;
}

/* Rule 6: alive is who holds the write lock. Asking for a read lock means that other readers, who could hold
 * one too, cannot make a dead bus look alive. */
static int engine_lives(int fd) {
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/* Maps `bytes` of an object read-only, every page at once: a reader's first look should cost no faults. */
static const uint8_t* map_whole(int fd, size_t bytes) {
  void* at = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  return at == MAP_FAILED ? NULL : at;
}

/* Takes the first entry whose lock is free. The table is a courtesy: what fails here fails nothing else. */
static void claim_entry(rvfb_reader* r, const char* name) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s.readers", r->path) >= (int)sizeof path) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  rvfb_readers table;
  if (pread(fd, &table, sizeof table, 0) == (ssize_t)sizeof table && table.magic == RVFB_MAGIC_READERS &&
      table.layout_version == RVFB_LAYOUT_VERSION && table.entry_bytes == RVFB_READER_ENTRY_BYTES) {
    for (uint32_t i = 0; i < RVFB_READER_ENTRIES; ++i) {
      const off_t at = RVFB_READERS_BYTES + (off_t)i * RVFB_READER_ENTRY_BYTES;
      struct flock lock = {
          .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = RVFB_READER_ENTRY_BYTES};
      if (fcntl(fd, F_OFD_SETLK, &lock) != 0) continue;
      rvfb_reader_entry entry = {
          .cursor_tick = RVFB_NO_TICK, .last_seen_mono_ns = mono_now(), .pid = getpid()};
      const size_t length = name == NULL ? 0 : strnlen(name, sizeof entry.name);
      entry.name_bytes = (uint32_t)length;
      if (length > 0) memcpy(entry.name, name, length);
      if (pwrite(fd, &entry, sizeof entry, at) != (ssize_t)sizeof entry) break;
      r->readers_fd = fd;
      r->entry = i;
      return;
    }
  }
  close(fd);
}

static rvfb_status open_pictures(rvfb_reader* r) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s.pictures", r->path) >= (int)sizeof path) return RVFB_NOT_FOUND;
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return status_of_errno();
  const rvfb_header* h = rvfb_reader_header(r);
  struct stat about;
  rvfb_status status = RVFB_OK;
  if (fstat(fd, &about) != 0) {
    status = RVFB_SYSTEM;
  } else if ((uint64_t)about.st_ino != h->pictures_inode) {
    status = RVFB_NOT_FOUND; /* the bus is being replaced at this moment */
  } else if ((uint64_t)about.st_size != h->pictures_bytes) {
    status = RVFB_INCOMPATIBLE;
  } else {
    r->pictures = map_whole(fd, h->pictures_bytes);
    if (r->pictures == NULL) status = RVFB_SYSTEM;
    r->pictures_bytes = h->pictures_bytes;
  }
  close(fd);
  return status;
}

/* Copies the mapping if it holds still within a few looks. */
static int look_at_mapping(const rvfb_mapping* m, rvfb_mapping* into) {
  for (int i = 0; i < 64; ++i) {
    const uint64_t guard = rvfb_look_begin(&m->guard);
    if (!rvfb_look_may_begin(guard)) continue;
    memset(into, 0, sizeof *into);
    rvfb_load_words(&m->sequence, &into->sequence, 4);
    if (rvfb_look_end(&m->guard, guard) == RVFB_SEEN_WHOLE) return 1;
  }
  return 0;
}

static void look_anew(rvfb_reader* r, int64_t now) {
  r->heartbeat = RVFB_LOAD_RELAXED(&rvfb_reader_header(r)->heartbeat);
  r->looked = now;
  r->silent = 0;
}

static rvfb_status open_control(rvfb_reader* r) {
  r->control_fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (r->control_fd < 0) return status_of_errno();
  struct stat about;
  if (fstat(r->control_fd, &about) != 0) return RVFB_SYSTEM;
  r->device = about.st_dev;
  r->inode = about.st_ino;
  /* Read, not mapped, until the size is known to be right: a mapping beyond the end of an object kills. */
  rvfb_header header;
  if (pread(r->control_fd, &header, sizeof header, 0) != (ssize_t)sizeof header) return RVFB_INCOMPATIBLE;
  if (!rvfb_header_makes_sense(&header, (uint64_t)about.st_size)) return RVFB_INCOMPATIBLE;
  if (!engine_lives(r->control_fd) || header.state != RVFB_STATE_READY) return RVFB_NOT_FOUND;
  r->quarter_ns = NS_PER_S * header.format.rate_den / header.format.rate_num / 4;
  r->control = map_whole(r->control_fd, (size_t)about.st_size);
  if (r->control == NULL) return RVFB_SYSTEM;
  r->control_bytes = (size_t)about.st_size;
  look_anew(r, mono_now());
  /* Wait for a whole mapping here, once, as long as an engine may be silent and no longer. */
  const int64_t deadline = r->looked + (int64_t)(header.heartbeat_ns * RVFB_HEARTBEATS_MISSED);
  while (!look_at_mapping(&rvfb_reader_header(r)->mapping, &r->mapping)) {
    if (mono_now() >= deadline) return RVFB_NOT_FOUND;
    sleep_a_little(r->quarter_ns, 1000000);
  }
  return RVFB_OK;
}

rvfb_status rvfb_reader_open(const char* path, const char* name, rvfb_reader** reader) {
  *reader = NULL;
  rvfb_reader* r = calloc(1, sizeof *r);
  if (r == NULL) return RVFB_SYSTEM;
  r->control_fd = -1;
  r->readers_fd = -1;
  r->now_latest = INT64_MIN;
  if (snprintf(r->path, sizeof r->path, "%s", path) >= (int)sizeof r->path) {
    free(r);
    return RVFB_NOT_FOUND;
  }
  rvfb_status status = open_control(r);
  if (status == RVFB_OK) status = open_pictures(r);
  if (status == RVFB_OK || status == RVFB_NOT_FOUND) claim_entry(r, name);
  if (status != RVFB_OK) {
    const int error = errno;
    rvfb_reader_close(r);
    errno = error;
    return status;
  }
  *reader = r;
  return RVFB_OK;
}

void rvfb_reader_leave(rvfb_reader* r) {
  if (r->control_fd >= 0) close(r->control_fd);
  if (r->readers_fd >= 0) close(r->readers_fd); /* and with it the entry's lock */
  r->control_fd = -1;
  r->readers_fd = -1;
}

void rvfb_reader_close(rvfb_reader* r) {
  if (r == NULL) return;
  rvfb_reader_leave(r);
  if (r->control != NULL) munmap((void*)r->control, r->control_bytes);
  if (r->pictures != NULL) munmap((void*)r->pictures, r->pictures_bytes);
  free(r);
}

const rvfb_header* rvfb_reader_header(const rvfb_reader* r) {
  return (const rvfb_header*)(const void*)r->control;
}
const uint8_t* rvfb_reader_pictures(const rvfb_reader* r) {
  return r->pictures;
}

int64_t rvfb_reader_head(const rvfb_reader* r) {
  return rvfb_head_look(&rvfb_reader_header(r)->head_tick);
}

int64_t rvfb_reader_oldest(const rvfb_reader* r) {
  return __atomic_load_n(&rvfb_reader_header(r)->oldest_tick, __ATOMIC_ACQUIRE);
}

static int is_closed(const rvfb_reader* r) {
  return RVFB_LOAD_RELAXED(&rvfb_reader_header(r)->state) != RVFB_STATE_READY;
}

rvfb_status rvfb_reader_check(rvfb_reader* r) {
  if (is_closed(r) || !engine_lives(r->control_fd)) return RVFB_STALE;
  struct stat about;
  if (stat(r->path, &about) != 0 || about.st_dev != r->device || about.st_ino != r->inode) return RVFB_STALE;
  const rvfb_header* h = rvfb_reader_header(r);
  const uint64_t heartbeat = RVFB_LOAD_RELAXED(&h->heartbeat);
  const int64_t now = mono_now();
  /* Between two looks one heartbeat can be missed and no more: on a machine that stood still, the engine did
   * so with its reader, and is due a turn before anything is said of it. */
  const uint64_t since = now > r->looked ? (uint64_t)(now - r->looked) : 0;
  r->silent = heartbeat != r->heartbeat ? 0 : r->silent + (since < h->heartbeat_ns ? since : h->heartbeat_ns);
  r->heartbeat = heartbeat;
  r->looked = now;
  return r->silent >= h->heartbeat_ns * RVFB_HEARTBEATS_MISSED ? RVFB_STALE : RVFB_OK;
}

rvfb_status rvfb_reader_wait(rvfb_reader* r, int64_t tick, int64_t timeout_ns) {
  const rvfb_header* h = rvfb_reader_header(r);
  const int64_t began = mono_now();
  const int64_t deadline = timeout_ns > INT64_MAX - began ? INT64_MAX : began + timeout_ns;
  /* The time since the last wait says nothing about heartbeats: nobody looked. */
  look_anew(r, began);
  int64_t check_at = began + SLICE_NS;
  for (;;) {
    uint32_t word;
    if (rvfb_head_reached(&h->head_tick, &h->futex_word, tick, &word)) return RVFB_OK;
    if (is_closed(r)) return RVFB_STALE; /* after the word: closing raises it too */
    if (__atomic_exchange_n(&r->interrupted, 0, __ATOMIC_ACQ_REL) != 0) return RVFB_INTERRUPTED;
    int64_t now = mono_now();
    if (now >= check_at) {
      if (rvfb_reader_check(r) != RVFB_OK) return RVFB_STALE;
      check_at = now + SLICE_NS;
    }
    if (now >= deadline) return RVFB_TIMEOUT;
    const int64_t until = deadline < check_at ? deadline : check_at;
    if (!futex_wait_until(&h->futex_word, word, until)) sleep_a_little(r->quarter_ns, until - mono_now());
  }
}

void rvfb_reader_interrupt(rvfb_reader* r) {
  __atomic_store_n(&r->interrupted, 1, __ATOMIC_SEQ_CST);
  /* Wakes all waiters of the bus, who look and wait again; our own wait ends now or at its next slice. */
  syscall(SYS_futex, &rvfb_reader_header(r)->futex_word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

rvfb_status rvfb_reader_read(rvfb_reader* r, int64_t tick, rvfb_frame* frame) {
  const rvfb_header* h = rvfb_reader_header(r);
  if (is_closed(r)) return RVFB_STALE;
  if (tick > rvfb_reader_head(r)) return RVFB_NOT_YET;
  if (tick < rvfb_reader_oldest(r) || tick < 0) return RVFB_OVERRUN;
  const uint64_t place = (uint64_t)tick % h->slot_count;
  const uint64_t* slot =
      (const uint64_t*)(const void*)(r->control + h->slots_offset + place * RVFB_SLOT_BYTES);
  const uint64_t* extra =
      (const uint64_t*)(const void*)(r->control + h->ancillary_offset + place * RVFB_ANCILLARY_BYTES);
  uint64_t words[RVFB_SLOT_WORDS];
  uint64_t ancillary[RVFB_ANCILLARY_BYTES / 8];
  if (rvfb_slot_look(slot, tick, words, RVFB_SLOT_WORDS, extra, ancillary, RVFB_ANCILLARY_BYTES / 8) !=
      RVFB_SEEN_WHOLE) {
    return RVFB_OVERRUN;
  }
  memset(&frame->slot, 0, sizeof frame->slot);
  memcpy(&frame->slot, words, sizeof words);
  memcpy(frame->ancillary, ancillary, sizeof ancillary);
  if (!rvfb_slot_makes_sense(h, &frame->slot)) return RVFB_INCOMPATIBLE;
  const uint8_t* picture = frame->slot.buffer == RVFB_BUFFER_SLATE ? r->control + h->slate_offset
                           : frame->slot.buffer == RVFB_BUFFER_BLACK
                               ? r->control + h->black_offset
                               : r->pictures + frame->slot.buffer * h->format.picture_bytes;
  for (uint32_t p = 0; p < RVFB_PLANES_MAX; ++p) {
    frame->planes[p] = p < h->format.plane_count ? picture + frame->slot.plane_offset[p] : NULL;
  }
  return RVFB_OK;
}

int rvfb_reader_intact(const rvfb_reader* r, const rvfb_slot* slot) {
  const rvfb_header* h = rvfb_reader_header(r);
  if (slot->buffer >= h->buffer_count) return 1; /* reserved pictures never change */
  const uint64_t* generations = (const uint64_t*)(const void*)(r->control + h->generations_offset);
  return rvfb_buffer_intact(&generations[slot->buffer], slot->buffer_generation);
}

int rvfb_reader_sound(const rvfb_reader* r, const rvfb_slot* slot, float* const* into, uint32_t channels) {
  const rvfb_header* h = rvfb_reader_header(r);
  const uint32_t ring = h->audio_samples;
  const uint32_t count = slot->sample_count <= ring ? slot->sample_count : ring;
  for (uint32_t c = 0; c < channels && c < h->format.channels; ++c) {
    const uint32_t* from = (const uint32_t*)(const void*)(r->control + h->audio_offset) + (size_t)c * ring;
    uint32_t at = (uint32_t)(slot->sample_start % ring);
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t bits = RVFB_LOAD_RELAXED(from + at);
      memcpy(&into[c][i], &bits, sizeof bits);
      if (++at == ring) at = 0;
    }
  }
  return rvfb_sound_intact(&h->audio_reserved, slot->sample_start, ring);
}

rvfb_status rvfb_reader_asset(const rvfb_reader* r, const rvfb_slot* slot, rvfb_asset* into) {
  const rvfb_header* h = rvfb_reader_header(r);
  if (slot->asset_index == RVFB_NO_ASSET) return RVFB_NOT_FOUND;
  if (slot->asset_index >= h->asset_count) return RVFB_INCOMPATIBLE;
  const uint64_t* asset = (const uint64_t*)(const void*)(r->control + h->assets_offset +
                                                         (uint64_t)slot->asset_index * RVFB_ASSET_BYTES);
  const uint64_t generation = rvfb_look_begin(asset);
  /* Generations only rise, so a later one is a rewritten entry; an earlier one was never in any slot. */
  const int32_t since = (int32_t)((uint32_t)generation - slot->asset_generation);
  if (since < 0) return RVFB_INCOMPATIBLE;
  if (since > 0 || !rvfb_look_may_begin(generation)) return RVFB_OVERRUN;
  uint64_t words[RVFB_ASSET_BYTES / 8];
  words[0] = generation;
  rvfb_load_words(asset + 1, words + 1, RVFB_ASSET_BYTES / 8 - 1);
  memcpy(into, words, sizeof *into);
  if (rvfb_look_end(asset, generation) != RVFB_SEEN_WHOLE) return RVFB_OVERRUN;
  return into->uri_bytes <= RVFB_URI_BYTES && into->title_bytes <= RVFB_TITLE_BYTES ? RVFB_OK
                                                                                    : RVFB_INCOMPATIBLE;
}

void rvfb_reader_mapping(rvfb_reader* r, rvfb_mapping* into) {
  /* An engine descheduled (or killed) between the halves of a change leaves the mapping odd for a while (or
   * for ever). Nobody waits for that: the one before is at most one change old. */
  rvfb_mapping seen;
  if (look_at_mapping(&rvfb_reader_header(r)->mapping, &seen)) r->mapping = seen;
  *into = r->mapping;
}

int64_t rvfb_reader_now(rvfb_reader* r) {
  rvfb_mapping m;
  rvfb_reader_mapping(r, &m);
  const __int128 scaled = (__int128)(mono_now() - m.mono_anchor) * (NS_PER_S + m.rate_ppb);
  __int128 elapsed = scaled / NS_PER_S;
  if (scaled % NS_PER_S < 0) --elapsed;
  const int64_t now = m.house_anchor + (int64_t)elapsed;
  if (now > r->now_latest) r->now_latest = now; /* rule 7 */
  return r->now_latest;
}

void rvfb_reader_show(rvfb_reader* r, int64_t cursor, uint64_t overruns) {
  if (r->readers_fd < 0) return;
  const rvfb_reader_entry entry = {
      .cursor_tick = cursor, .overruns = overruns, .last_seen_mono_ns = mono_now()};
  const off_t at = RVFB_READERS_BYTES + (off_t)r->entry * RVFB_READER_ENTRY_BYTES;
  /* Only the three leading fields. Stored by a call and not through a mapping: any of the group may cut the
   * object short, and a store beyond its end would kill. One that takes no more is not looked at again. */
  if (pwrite(r->readers_fd, &entry, offsetof(rvfb_reader_entry, pid), at) < 0) {
    close(r->readers_fd);
    r->readers_fd = -1;
  }
}

const char* rvfb_status_text(rvfb_status status) {
  static const char* const texts[] = {
      [RVFB_OK] = "done",
      [RVFB_NOT_YET] = "the tick is not committed yet",
      [RVFB_OVERRUN] = "the tick is held no more",
      [RVFB_TIMEOUT] = "the time is over",
      [RVFB_INTERRUPTED] = "the wait was interrupted",
      [RVFB_STALE] = "the bus was replaced or its engine is gone",
      [RVFB_NOT_FOUND] = "there is no such bus",
      [RVFB_INCOMPATIBLE] = "the object has another layout version or size, or is not a bus",
      [RVFB_DENIED] = "no permission to read the bus",
      [RVFB_SYSTEM] = "the system refused",
  };
  const size_t known = sizeof texts / sizeof texts[0];
  return (size_t)status < known ? texts[status] : "unknown";
}
