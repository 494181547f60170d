/*
 * The frame bus: layout of its shared-memory objects. This header is the format; docs/contracts/frame-bus.md
 * explains it, and a test compares the two. C11 and C++17. Little-endian, fixed-width fields, reserved bytes
 * are zero.
 *
 * How the fields may be loaded and stored, and in which order, is in frame_bus_protocol.h.
 *
 * Objects of channel 7 of engine "east", prefix "retrovue" (names in the shared-memory folder, /dev/shm on
 * Linux): retrovue.east.ch7            control   0640  stored to by the committer only
 *   retrovue.east.ch7.pictures   pictures  0640  stored to by the engine and the channel's worker
 *   retrovue.east.ch7.readers    readers   0660  stored to by readers; nobody may trust it
 *   retrovue.east.ch7.lane3      lane      0600  between the engine and one worker; gone once both have
 * mapped it
 *
 * What a program needs to know beside offsets:
 *
 * Alive or dead. A living engine holds an open-file-description write lock (F_OFD_SETLK, F_WRLCK) on byte 0
 * of its control, pictures and lane objects, as long as it lives. Ask with F_OFD_GETLK for a *read* lock of
 * that byte: F_UNLCK says dead. Other readers' read locks then count for nothing. A dead engine wakes nobody,
 * so no wait may be endless; three heartbeats missed are death as well. A bus is also stale when `state` is
 * closed, or when its name leads to another object (device and inode).
 *
 * Waiting. `futex_word` is a *shared* futex (no FUTEX_PRIVATE_FLAG), waited on with FUTEX_WAIT or
 * FUTEX_WAIT_BITSET on CLOCK_MONOTONIC; memory mapped read-only will do, since the kernel only loads the
 * word. It is raised for more than commits, so whoever wakes looks again.
 *
 * Opening. Read the header by pread() and check it (frame_bus_checks.h) before anything is mapped: a mapping
 * beyond the end of a short object kills. The pictures object must have the inode that the header names and
 * lie on the control object's device, which names the folder for both. Whoever may open an object for writing
 * may also cut it short under those who have mapped it (SIGBUS): engine and worker of one user trust each
 * other that far, and a reader that must live through it handles SIGBUS for its mappings.
 *
 * Sections begin on a cache line, slate and black on a page, none inside the header.
 *
 * Sound. Channel c's ring of `audio_samples` float32 begins at audio_offset + 4 * c * audio_samples; sample
 * s, counted from the epoch, lies at place s mod audio_samples of each. A tick has sample_count samples from
 * sample_start on. Full scale is 1.0; every sample is finite. Channels lie in the order of libav's default
 * layout for their number (stereo: left, right).
 *
 * Pictures. Plane p of a slot begins `plane_offset[p]` bytes after its picture's start, on a whole sample
 * but, where a picture was cropped, not on a cache line; rows are plane_stride[p] apart. The reserved slate
 * is drawn by the engine once, before the first tick is committed, and then never again; black is never
 * drawn. Neither has a generation: their pixels are always intact.
 */
#ifndef RETROVUE_FRAME_BUS_H
#define RETROVUE_FRAME_BUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define RVFB_ASSERT(condition, why) static_assert(condition, why)
extern "C" {
#else
#define RVFB_ASSERT(condition, why) _Static_assert(condition, why)
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The frame bus is little-endian"
#endif

/* The layout's version. It changes whenever an offset, a size or a meaning does; readers take exactly one. */
#define RVFB_LAYOUT_VERSION 1u

/* First four bytes of each object, as text: RVFB, RVFR (readers), RVFL (lane). */
#define RVFB_MAGIC 0x42465652u
#define RVFB_MAGIC_READERS 0x52465652u
#define RVFB_MAGIC_LANE 0x4c465652u

/* Fixed sizes, in bytes. */
#define RVFB_HEADER_BYTES 4096u
#define RVFB_SLOT_BYTES 512u
#define RVFB_ANCILLARY_BYTES 1024u
#define RVFB_URI_BYTES 4096u
#define RVFB_TITLE_BYTES 1024u
#define RVFB_ASSET_BYTES 5184u
#define RVFB_PLANES_MAX 4u
/* Strides and plane starts are multiples of this (a cache line; AVX-512 loads). Buffers start on a page. */
#define RVFB_STRIDE_ALIGN 64u
#define RVFB_PAGE_BYTES 4096u
#define RVFB_ENGINE_ID_BYTES 64u

/* The committer raises `heartbeat` at least this often; a reader that misses three in a row reports a stale
 * bus. */
#define RVFB_HEARTBEAT_NS 250000000ull
#define RVFB_HEARTBEATS_MISSED 3u

/* "None" in fields that may be unknown. */
#define RVFB_NO_TIME INT64_MIN
#define RVFB_NO_INDEX (-1)
#define RVFB_NO_TICK (-1)
#define RVFB_NO_ASSET 0xffffffffu
#define RVFB_NO_DECODER 0xffffffffu

/* `buffer` of a slot or a submission: an index into the pictures object, or a reserved picture in the control
 * object. */
#define RVFB_BUFFER_SLATE 0xfffffffeu
#define RVFB_BUFFER_BLACK 0xffffffffu

/* `state` of a bus. */
enum { RVFB_STATE_READY = 1, RVFB_STATE_CLOSED = 2 };

/* `flags` of a slot. At most one of hold, slate and black. */
enum {
  RVFB_FLAG_REPEAT = 1,
  RVFB_FLAG_HOLD = 2,
  RVFB_FLAG_SLATE = 4,
  RVFB_FLAG_BLACK = 8,
  RVFB_FLAG_PAD = 16,
  RVFB_FLAG_FIRST_OF_SEGMENT = 32,
  RVFB_FLAG_DISCONTINUITY = 64,
  RVFB_FLAG_LATE = 128
};

/* `stand_in_reason` of a slot. 0 exactly where none of hold, slate and black is set. */
enum {
  RVFB_REASON_NONE = 0,
  RVFB_REASON_PLANNED = 1,
  RVFB_REASON_OPENING = 2,
  RVFB_REASON_LATE = 3,
  RVFB_REASON_OPEN_FAILED = 4,
  RVFB_REASON_DECODE_FAILED = 5,
  RVFB_REASON_ENDED_EARLY = 6,
  RVFB_REASON_HUNG = 7,
  RVFB_REASON_WORKER_LOST = 8,
  RVFB_REASON_STARVED = 9,
  RVFB_REASON_QUARANTINED = 10,
  RVFB_REASON_LATE_TAKE = 11,
  RVFB_REASON_SOUND_ONLY = 12,
  RVFB_REASON_LAST = 12
};

/* `kind` of an ancillary record. */
enum {
  RVFB_ANCILLARY_CEA608 = 1,
  RVFB_ANCILLARY_CEA708 = 2,
  RVFB_ANCILLARY_AFD = 3,
  RVFB_ANCILLARY_TIMECODE = 4
};

/* `pixel_format`, by libav's names and with libav's order of planes: Y, Cb, Cr; nv12 and p010le Y, then Cb
 * and Cr in turn; gbrp green, blue, red; rgb24 and rgba one plane. Ten and twelve bits lie in the lower end
 * of 16, little-endian, with zeros above; but for p010le, whose ten lie in the upper end with zeros below. */
enum {
  RVFB_YUV420P = 1,
  RVFB_YUV422P = 2,
  RVFB_YUV444P = 3,
  RVFB_YUV420P10LE = 4,
  RVFB_YUV422P10LE = 5,
  RVFB_YUV444P10LE = 6,
  RVFB_YUV420P12LE = 7,
  RVFB_YUV422P12LE = 8,
  RVFB_YUV444P12LE = 9,
  RVFB_NV12 = 10,
  RVFB_P010LE = 11,
  RVFB_GRAY = 12,
  RVFB_GRAY10LE = 13,
  RVFB_RGB24 = 14,
  RVFB_RGBA = 15,
  RVFB_GBRP = 16,
  RVFB_PIXEL_FORMAT_LAST = 16
};

/* `aspect_policy`: what a segment gets that asks for nothing else. */
enum { RVFB_ASPECT_PRESERVE = 0, RVFB_ASPECT_STRETCH = 1, RVFB_ASPECT_CROP = 2 };

/* Why a submission was not committed; `why` of a refusal. */
enum {
  RVFB_REFUSED_TICK_TAKEN = 1,
  RVFB_REFUSED_OUT_OF_ORDER = 2,
  RVFB_REFUSED_TOO_FAR = 3,
  RVFB_REFUSED_BAD_SOUND = 4,
  RVFB_REFUSED_BAD_PICTURE = 5
};

/* The program format. Constant for the life of a bus. */
typedef struct rvfb_format {
  uint32_t width;            /* pixels */
  uint32_t height;           /* pixels */
  uint32_t rate_num;         /* frames per second */
  uint32_t rate_den;         /* lowest terms */
  uint32_t pixel_format;     /* see Numbers */
  uint32_t plane_count;      /* 1 to 4 */
  uint32_t sar_num;          /* width of a sample by its height */
  uint32_t sar_den;          /* lowest terms */
  uint32_t colour_primaries; /* code points of ITU-T H.273; 2 is unknown */
  uint32_t colour_transfer;  /* H.273 */
  uint32_t colour_matrix;    /* H.273 */
  uint32_t colour_range;     /* 0 unknown, 1 limited, 2 full */
  uint32_t aspect_policy;    /* 0 preserve, 1 stretch, 2 crop */
  uint32_t sample_rate;      /* samples per second */
  uint32_t channels;         /* 1 to 8 */
  uint32_t reserved0;
  uint32_t plane_stride[RVFB_PLANES_MAX]; /* bytes from row to row */
  uint32_t plane_rows[RVFB_PLANES_MAX];   /* rows that there is memory for; the picture's own may be fewer */
  uint64_t plane_offset[RVFB_PLANES_MAX]; /* from the start of a picture */
  uint64_t picture_bytes;                 /* from one picture to the next; a multiple of the page */
  uint32_t plane_row_bytes[RVFB_PLANES_MAX];    /* bytes of a row that are picture */
  uint32_t plane_picture_rows[RVFB_PLANES_MAX]; /* rows that are picture */
  uint8_t reserved1[24];
} rvfb_format;

/* How house time follows CLOCK_MONOTONIC: house = house_anchor + (mono - mono_anchor) * (1e9 + rate_ppb) /
 * 1e9, rounded down. rate_ppb = -1e9: time stands still. Guarded by `guard` as a slot is by its sequence. */
typedef struct rvfb_mapping {
  uint64_t guard;       /* odd while the four below are written */
  uint64_t sequence;    /* rises with each change */
  int64_t mono_anchor;  /* CLOCK_MONOTONIC, ns */
  int64_t house_anchor; /* house time then, ns since the Unix epoch */
  int64_t rate_ppb;     /* parts per billion faster than CLOCK_MONOTONIC */
  uint8_t reserved[24];
} rvfb_mapping;

/* Totals since the bus was made, for people who look. */
typedef struct rvfb_counters {
  uint64_t committed;    /* ticks */
  uint64_t holds;        /* ticks */
  uint64_t slates;       /* ticks */
  uint64_t blacks;       /* ticks */
  uint64_t refused;      /* submissions */
  uint64_t late_commits; /* ticks committed after their time */
  uint64_t submitted;    /* of those committed: handed over by a worker */
  uint8_t reserved[8];
} rvfb_counters;

/* First page of the control object. Up to `head_tick` everything is constant once the object has its name. */
typedef struct rvfb_header {
  uint32_t magic;                       /* RVFB */
  uint32_t layout_version;              /* 1 */
  uint32_t header_bytes;                /* 4096 */
  uint32_t slot_bytes;                  /* 512 */
  uint64_t object_bytes;                /* size of the control object */
  uint8_t run_id[16];                   /* of this bus; random */
  uint64_t pictures_bytes;              /* size of the pictures object */
  uint64_t pictures_inode;              /* of the pictures object; on the control object's device */
  uint32_t channel_id;                  /* the channel */
  uint32_t engine_id_bytes;             /* length of engine_id */
  char engine_id[RVFB_ENGINE_ID_BYTES]; /* not terminated when full */
  uint32_t slot_count;                  /* places in the ring */
  uint32_t buffer_count;                /* buffers in the pictures object */
  uint32_t history_ticks;               /* ticks readable after their time */
  uint32_t lead_ticks;                  /* ticks that may be submitted ahead */
  uint32_t asset_count;                 /* entries of the asset table */
  uint32_t asset_bytes;                 /* 5184 */
  uint32_t ancillary_bytes;             /* per slot */
  uint32_t audio_samples;               /* length of the sound ring, per channel */
  uint64_t slots_offset;                /* from the start of the object, as all below */
  uint64_t assets_offset;               /* asset table */
  uint64_t ancillary_offset;            /* one area per slot */
  uint64_t audio_offset;                /* one ring of float32 per channel, one after another */
  uint64_t generations_offset;          /* one uint64 per buffer */
  uint64_t slate_offset;                /* reserved picture */
  uint64_t black_offset;                /* reserved picture */
  uint64_t guard_ns;                    /* a missing tick gets its stand-in this long before its time */
  uint64_t heartbeat_ns;                /* the longest between two heartbeats */
  uint8_t reserved0[24];
  rvfb_format format; /* the program format */
  uint8_t reserved1[576];

  /* Each of these on a cache line of its own. */
  int64_t head_tick; /* the last committed tick; -1 before the first */
  uint8_t pad_head[56];
  int64_t oldest_tick; /* the oldest tick that may be read */
  uint8_t pad_oldest[56];
  uint32_t futex_word; /* raised after each commit, each change of the mapping, and the end */
  uint8_t pad_futex[60];
  uint64_t heartbeat; /* raised every heartbeat_ns at least */
  uint8_t pad_heartbeat[56];
  rvfb_mapping mapping;    /* the clock */
  uint64_t audio_reserved; /* samples before this index may be overwritten or half written */
  uint8_t pad_reserved[56];
  uint64_t audio_committed; /* samples before this index are whole */
  uint8_t pad_committed[56];
  uint32_t state;       /* 1 ready, 2 closed */
  uint32_t newest_lane; /* number of the last lane opened, also once it is retired; 0 before the first */
  uint8_t pad_state[56];
  rvfb_counters counters; /* totals */
  uint8_t reserved2[2496];
} rvfb_header;

/* One place of the ring: tick n lies at n mod slot_count. All in 64-bit words, guarded by `sequence`. */
typedef struct rvfb_slot {
  uint64_t sequence;                      /* odd while it is written */
  int64_t tick;                           /* the tick it holds; -1 before the first */
  int64_t house_time_ns;                  /* when the tick is shown */
  uint32_t buffer;                        /* index, or 0xfffffffe slate, 0xffffffff black */
  uint32_t flags;                         /* see Numbers */
  uint64_t buffer_generation;             /* of the buffer when it was committed */
  uint64_t plane_offset[RVFB_PLANES_MAX]; /* from the picture's start: the format's, or a cropped picture's */
  uint32_t stand_in_reason;               /* see Numbers */
  uint32_t decoder_index;                 /* as configured; 0xffffffff none */
  int64_t media_time_ns;                  /* of the picture, from the asset's zero; INT64_MIN none */
  int64_t source_pts;                     /* the container's own; INT64_MIN none, whatever the base says */
  uint32_t source_tb_num;                 /* source_pts counts num/den seconds; 0 in either: base unknown */
  uint32_t source_tb_den;                 /* as source_tb_num */
  int64_t source_index;                   /* of the picture in its asset; -1 unknown */
  uint8_t segment_id[16];                 /* zeros: no segment */
  uint64_t plan_revision;                 /* of the plan */
  uint32_t asset_index;                   /* entry of the asset table; 0xffffffff none */
  uint32_t asset_generation;              /* that the entry must have */
  uint64_t sample_start;                  /* first sample, counted from the epoch */
  uint32_t sample_count;                  /* samples per channel */
  uint32_t ancillary_bytes;               /* of records in the slot's ancillary area */
  uint64_t decode_ns;                     /* time spent on the picture */
  int64_t commit_mono_ns;                 /* CLOCK_MONOTONIC when the commit began */
  uint32_t lane;                          /* who submitted it; 0: the committer itself */
  uint32_t silent_samples;                /* of this tick: silence or a fade where the plan has sound */
  uint8_t reserved1[328];
} rvfb_slot;

/* What of a slot is stored at a commit and copied by a reader: everything before the reserved tail, in words.
 */
#define RVFB_SLOT_WORDS 23u

/* An ancillary record; `bytes` follow, padded with zeros to a multiple of 4. */
typedef struct rvfb_ancillary {
  uint16_t kind;  /* 1 cea608, 2 cea708, 3 afd, 4 timecode */
  uint16_t bytes; /* length of what follows */
} rvfb_ancillary;

/* An asset by index. Guarded by `generation` as a slot is by its sequence; a slot names index and generation.
 * An entry is rewritten only once no readable tick names it. So whoever meets a later generation than the
 * slot's has read the whole tick too late, an overrun; an earlier one makes no sense. */
typedef struct rvfb_asset {
  uint64_t generation;  /* odd while it is written; a slot names its low 32 bits */
  uint32_t uri_bytes;   /* length of uri */
  uint32_t title_bytes; /* length of title */
  uint32_t truncated;   /* 1 where the URI or the title did not fit */
  uint8_t reserved[44];
  char uri[RVFB_URI_BYTES];     /* UTF-8, not terminated */
  char title[RVFB_TITLE_BYTES]; /* UTF-8, not terminated */
} rvfb_asset;

/* Start of the readers object. */
typedef struct rvfb_readers {
  uint32_t magic;          /* RVFR */
  uint32_t layout_version; /* 1 */
  uint32_t entry_count;    /* 64 */
  uint32_t entry_bytes;    /* 256 */
  uint8_t reserved[240];
} rvfb_readers;

/* A reader as it shows itself. It holds an open-file-description write lock on the bytes of its entry while
 * it lives. */
typedef struct rvfb_reader_entry {
  int64_t cursor_tick;       /* last tick read; -1 before the first */
  uint64_t overruns;         /* ticks asked for too late */
  int64_t last_seen_mono_ns; /* CLOCK_MONOTONIC at the last store */
  int32_t pid;               /* in the reader's own process-id namespace: for people only */
  uint32_t name_bytes;       /* length of name */
  char name[128];            /* UTF-8 */
  uint8_t reserved[96];
} rvfb_reader_entry;

#define RVFB_READERS_BYTES 256u
#define RVFB_READER_ENTRY_BYTES 256u
#define RVFB_READER_ENTRIES 64u

/* Start of a lane. Positions only grow; a place is position mod count, and counts are powers of two. */
typedef struct rvfb_lane {
  uint32_t magic;             /* RVFL */
  uint32_t layout_version;    /* 1 */
  uint64_t object_bytes;      /* size of the lane */
  uint8_t run_id[16];         /* the bus's */
  uint32_t lane;              /* its number */
  uint32_t submission_count;  /* places; a power of two */
  uint32_t submission_bytes;  /* from one to the next, sound included */
  uint32_t buffer_ring_count; /* of free buffers and of releases */
  uint32_t refusal_count;     /* places; a power of two */
  uint32_t channels;          /* of sound */
  uint32_t samples_max;       /* per channel and tick */
  uint32_t reserved0;
  uint64_t submissions_offset; /* from the start of the lane, as all below */
  uint64_t free_offset;        /* ring of rvfb_free_buffer */
  uint64_t releases_offset;    /* ring of rvfb_release */
  uint64_t refusals_offset;    /* ring of rvfb_refusal */
  uint8_t reserved1[32];

  /* The worker stores these. */
  uint64_t submission_tail; /* one past the last handed over */
  uint8_t pad0[56];
  uint64_t release_tail; /* one past the last given back */
  uint8_t pad1[56];
  uint64_t free_head; /* one past the last taken up */
  uint8_t pad2[56];
  uint64_t refusal_head; /* one past the last heard */
  uint8_t pad3[56];
  uint32_t committer_word; /* futex: raised by the worker (and, to be woken, by the engine itself) */
  uint8_t pad4[60];
  uint32_t worker_waits; /* 1 while it wants a buffer */
  uint8_t pad5[60];

  /* The committer stores these. */
  uint64_t submission_head; /* one past the last consumed */
  uint8_t pad6[56];
  uint64_t release_head; /* one past the last seen */
  uint8_t pad7[56];
  uint64_t free_tail; /* one past the last offered */
  uint8_t pad8[56];
  uint64_t refusal_tail; /* one past the last told */
  uint8_t pad9[56];
  uint32_t worker_word; /* futex: raised by the committer */
  uint8_t pad10[60];
  uint32_t state; /* 1 open, 2 replaced by a newer one, 3 closed */
  uint8_t pad11[60];
  uint8_t reserved2[128];
} rvfb_lane;

enum { RVFB_LANE_OPEN = 1, RVFB_LANE_SUPERSEDED = 2, RVFB_LANE_CLOSED = 3 };

/* A tick as a worker hands it over. Sound follows at `RVFB_SUBMISSION_SOUND`: a run of `samples_max` per
 * channel. */
typedef struct rvfb_submission_head {
  int64_t tick;             /* the tick */
  uint32_t buffer;          /* as in a slot */
  uint32_t flags;           /* as in a slot */
  uint32_t stand_in_reason; /* as in a slot */
  uint32_t decoder_index;   /* as in a slot */
  int64_t media_time_ns;    /* as in a slot */
  int64_t source_pts;       /* as in a slot */
  uint32_t source_tb_num;   /* as in a slot */
  uint32_t source_tb_den;   /* as in a slot */
  int64_t source_index;     /* as in a slot */
  uint8_t segment_id[16];   /* as in a slot */
  uint64_t plan_revision;   /* as in a slot */
  uint64_t decode_ns;       /* as in a slot */
  uint32_t has_sound;       /* 0: silence */
  uint32_t sample_count;    /* must be the tick's share */
  uint32_t silent_samples;  /* as in a slot */
  uint32_t ancillary_bytes; /* as in a slot */
  uint32_t uri_bytes;       /* with title_bytes: meaningless unless `asset_key` is new to the lane */
  uint32_t title_bytes;     /* as uri_bytes */
  uint64_t asset_key;       /* rises where the asset differs from the submission before; 0: no asset */
  uint64_t plane_offset[RVFB_PLANES_MAX]; /* as in a slot */
  uint8_t reserved[104];
} rvfb_submission_head;

typedef struct rvfb_submission {
  rvfb_submission_head head;               /* what it is */
  uint8_t ancillary[RVFB_ANCILLARY_BYTES]; /* records */
  char uri[RVFB_URI_BYTES];                /* UTF-8 */
  char title[RVFB_TITLE_BYTES];            /* UTF-8 */
} rvfb_submission;

#define RVFB_SUBMISSION_SOUND 6400u

/* A buffer offered to the worker. It is the worker's once it has exchanged `state` from offered to taken, and
 * the committer's again once that has exchanged it from offered to withdrawn: one of the two succeeds, so
 * that what a replaced worker never took up need not wait for its death. */
typedef struct rvfb_free_buffer {
  uint32_t buffer;     /* index */
  uint32_t state;      /* 1 offered, 2 taken, 3 withdrawn */
  uint64_t generation; /* its new one */
} rvfb_free_buffer;

enum { RVFB_OFFERED = 1, RVFB_TAKEN = 2, RVFB_WITHDRAWN = 3 };

/* A buffer given back: no submission from position `after` on names it. */
typedef struct rvfb_release {
  uint32_t buffer; /* index */
  uint32_t reserved;
  uint64_t after; /* submissions handed over before */
} rvfb_release;

typedef struct rvfb_refusal {
  int64_t tick; /* the tick */
  uint32_t why; /* see Numbers */
  uint32_t reserved;
} rvfb_refusal;

#define RVFB_AT(type, field, offset) RVFB_ASSERT(offsetof(type, field) == (offset), #type "." #field)

RVFB_ASSERT(sizeof(rvfb_format) == 192, "rvfb_format");
RVFB_AT(rvfb_format, pixel_format, 16);
RVFB_AT(rvfb_format, colour_primaries, 32);
RVFB_AT(rvfb_format, sample_rate, 52);
RVFB_AT(rvfb_format, plane_stride, 64);
RVFB_AT(rvfb_format, plane_rows, 80);
RVFB_AT(rvfb_format, plane_offset, 96);
RVFB_AT(rvfb_format, picture_bytes, 128);
RVFB_AT(rvfb_format, plane_row_bytes, 136);
RVFB_AT(rvfb_format, plane_picture_rows, 152);
RVFB_ASSERT(sizeof(rvfb_mapping) == 64, "rvfb_mapping");
RVFB_ASSERT(sizeof(rvfb_counters) == 64, "rvfb_counters");
RVFB_ASSERT(sizeof(rvfb_header) == RVFB_HEADER_BYTES, "rvfb_header");
RVFB_AT(rvfb_header, object_bytes, 16);
RVFB_AT(rvfb_header, run_id, 24);
RVFB_AT(rvfb_header, pictures_bytes, 40);
RVFB_AT(rvfb_header, pictures_inode, 48);
RVFB_AT(rvfb_header, engine_id, 64);
RVFB_AT(rvfb_header, slot_count, 128);
RVFB_AT(rvfb_header, slots_offset, 160);
RVFB_AT(rvfb_header, heartbeat_ns, 224);
RVFB_AT(rvfb_header, format, 256);
RVFB_AT(rvfb_header, head_tick, 1024);
RVFB_AT(rvfb_header, oldest_tick, 1088);
RVFB_AT(rvfb_header, futex_word, 1152);
RVFB_AT(rvfb_header, heartbeat, 1216);
RVFB_AT(rvfb_header, mapping, 1280);
RVFB_AT(rvfb_header, audio_reserved, 1344);
RVFB_AT(rvfb_header, audio_committed, 1408);
RVFB_AT(rvfb_header, state, 1472);
RVFB_AT(rvfb_header, counters, 1536);
RVFB_ASSERT(sizeof(rvfb_slot) == RVFB_SLOT_BYTES, "rvfb_slot");
RVFB_ASSERT(offsetof(rvfb_slot, reserved1) == 8 * RVFB_SLOT_WORDS, "RVFB_SLOT_WORDS");
RVFB_AT(rvfb_slot, buffer, 24);
RVFB_AT(rvfb_slot, buffer_generation, 32);
RVFB_AT(rvfb_slot, plane_offset, 40);
RVFB_AT(rvfb_slot, stand_in_reason, 72);
RVFB_AT(rvfb_slot, media_time_ns, 80);
RVFB_AT(rvfb_slot, source_index, 104);
RVFB_AT(rvfb_slot, segment_id, 112);
RVFB_AT(rvfb_slot, asset_index, 136);
RVFB_AT(rvfb_slot, sample_start, 144);
RVFB_AT(rvfb_slot, decode_ns, 160);
RVFB_AT(rvfb_slot, lane, 176);
RVFB_ASSERT(sizeof(rvfb_ancillary) == 4, "rvfb_ancillary");
RVFB_ASSERT(sizeof(rvfb_asset) == RVFB_ASSET_BYTES, "rvfb_asset");
RVFB_AT(rvfb_asset, uri, 64);
RVFB_AT(rvfb_asset, title, 4160);
RVFB_ASSERT(sizeof(rvfb_readers) == RVFB_READERS_BYTES, "rvfb_readers");
RVFB_ASSERT(sizeof(rvfb_reader_entry) == RVFB_READER_ENTRY_BYTES, "rvfb_reader_entry");
RVFB_AT(rvfb_reader_entry, name, 32);
RVFB_ASSERT(sizeof(rvfb_lane) == 1024, "rvfb_lane");
RVFB_AT(rvfb_lane, submissions_offset, 64);
RVFB_AT(rvfb_lane, submission_tail, 128);
RVFB_AT(rvfb_lane, committer_word, 384);
RVFB_AT(rvfb_lane, submission_head, 512);
RVFB_AT(rvfb_lane, worker_word, 768);
RVFB_AT(rvfb_lane, state, 832);
RVFB_ASSERT(sizeof(rvfb_submission) == RVFB_SUBMISSION_SOUND, "rvfb_submission");
RVFB_ASSERT(sizeof(rvfb_submission_head) == 256, "rvfb_submission_head");
RVFB_AT(rvfb_submission_head, segment_id, 56);
RVFB_AT(rvfb_submission_head, has_sound, 88);
RVFB_AT(rvfb_submission_head, asset_key, 112);
RVFB_AT(rvfb_submission_head, plane_offset, 120);
RVFB_AT(rvfb_submission, ancillary, 256);
RVFB_AT(rvfb_submission, uri, 1280);
RVFB_AT(rvfb_submission, title, 5376);
RVFB_ASSERT(sizeof(rvfb_free_buffer) == 16, "rvfb_free_buffer");
RVFB_ASSERT(sizeof(rvfb_release) == 16, "rvfb_release");
RVFB_ASSERT(sizeof(rvfb_refusal) == 16, "rvfb_refusal");

#ifdef __cplusplus
}
#endif
#endif
