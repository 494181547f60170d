"""
Where each field lies in the shared objects.

The C header `retrovue/frame_bus.h` is the format; `tests/test_layout.py` compiles it and compares every offset, size
and constant below with it, in both directions. All little-endian.
"""

from __future__ import annotations

import struct
from collections import namedtuple
from typing import Any, Mapping, Tuple

LAYOUT_VERSION = 1

MAGIC = 0x42465652
MAGIC_READERS = 0x52465652

HEADER_BYTES = 4096
SLOT_BYTES = 512
ANCILLARY_BYTES = 1024
URI_BYTES = 4096
TITLE_BYTES = 1024
ASSET_BYTES = 5184
PLANES_MAX = 4
ENGINE_ID_BYTES = 64
STRIDE_ALIGN = 64
PAGE_BYTES = 4096
HEARTBEATS_MISSED = 3
SLOT_WORDS = 23
READERS_BYTES = 256
READER_ENTRY_BYTES = 256
READER_ENTRIES = 64

NO_TIME = -(2**63)
NO_INDEX = -1
NO_TICK = -1
NO_ASSET = 0xFFFFFFFF
NO_DECODER = 0xFFFFFFFF
BUFFER_SLATE = 0xFFFFFFFE
BUFFER_BLACK = 0xFFFFFFFF

STATE_READY = 1
STATE_CLOSED = 2

FLAG_REPEAT = 1
FLAG_HOLD = 2
FLAG_SLATE = 4
FLAG_BLACK = 8
FLAG_PAD = 16
FLAG_FIRST_OF_SEGMENT = 32
FLAG_DISCONTINUITY = 64
FLAG_LATE = 128

#: By `stand_in_reason` of a slot.
REASONS = (
    "none",
    "planned",
    "opening",
    "late",
    "open_failed",
    "decode_failed",
    "ended_early",
    "hung",
    "worker_lost",
    "starved",
    "quarantined",
    "late_take",
    "sound_only",
)

#: By `kind` of an ancillary record.
ANCILLARY_KINDS = {1: "cea608", 2: "cea708", 3: "afd", 4: "timecode"}

#: By `pixel_format`, with libav's names; 0 is none.
PIXEL_FORMATS = (
    "",
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p10le",
    "yuv420p12le",
    "yuv422p12le",
    "yuv444p12le",
    "nv12",
    "p010le",
    "gray",
    "gray10le",
    "rgb24",
    "rgba",
    "gbrp",
)

#: By `aspect_policy`.
ASPECT_POLICIES = ("preserve", "stretch", "crop")


class Record:
    """A C struct: named fields at fixed offsets, each a format of the `struct` module (`4I` is an array of four)."""

    def __init__(self, c_name: str, size: int, fields: Mapping[str, Tuple[int, str]]) -> None:
        self.c_name = c_name
        self.size = size
        self.offsets = {name: offset for name, (offset, _) in fields.items()}
        self.sizes = {name: struct.calcsize("<" + form) for name, (_, form) in fields.items()}
        self._row = namedtuple(c_name, fields.keys())  # type: ignore[misc]
        self._arrays = [int(form[:-1]) if form[0].isdigit() and form[-1] != "s" else 0 for _, form in fields.values()]
        end = 0
        text = "<"
        for name, (offset, form) in fields.items():
            text += "x" * (offset - end) + form
            end = offset + self.sizes[name]
        self._struct = struct.Struct(text)
        #: Bytes that `unpack` looks at: up to the end of the last field.
        self.read_bytes = end

    def unpack(self, data: Any, at: int = 0) -> Any:
        """The fields as attributes; arrays as tuples. Not for words that another process may be storing."""
        values = iter(self._struct.unpack_from(data, at))
        return self._row(*(tuple(next(values) for _ in range(n)) if n else next(values) for n in self._arrays))


FORMAT = Record(
    "rvfb_format",
    192,
    {
        "width": (0, "I"),
        "height": (4, "I"),
        "rate_num": (8, "I"),
        "rate_den": (12, "I"),
        "pixel_format": (16, "I"),
        "plane_count": (20, "I"),
        "sar_num": (24, "I"),
        "sar_den": (28, "I"),
        "colour_primaries": (32, "I"),
        "colour_transfer": (36, "I"),
        "colour_matrix": (40, "I"),
        "colour_range": (44, "I"),
        "aspect_policy": (48, "I"),
        "sample_rate": (52, "I"),
        "channels": (56, "I"),
        "plane_stride": (64, "4I"),
        "plane_rows": (80, "4I"),
        "plane_offset": (96, "4Q"),
        "picture_bytes": (128, "Q"),
        "plane_row_bytes": (136, "4I"),
        "plane_picture_rows": (152, "4I"),
    },
)

MAPPING = Record(
    "rvfb_mapping",
    64,
    {
        "guard": (0, "Q"),
        "sequence": (8, "Q"),
        "mono_anchor": (16, "q"),
        "house_anchor": (24, "q"),
        "rate_ppb": (32, "q"),
    },
)

COUNTERS = Record(
    "rvfb_counters",
    64,
    {
        "committed": (0, "Q"),
        "holds": (8, "Q"),
        "slates": (16, "Q"),
        "blacks": (24, "Q"),
        "refused": (32, "Q"),
        "late_commits": (40, "Q"),
        "submitted": (48, "Q"),
    },
)

HEADER = Record(
    "rvfb_header",
    HEADER_BYTES,
    {
        "magic": (0, "I"),
        "layout_version": (4, "I"),
        "header_bytes": (8, "I"),
        "slot_bytes": (12, "I"),
        "object_bytes": (16, "Q"),
        "run_id": (24, "16s"),
        "pictures_bytes": (40, "Q"),
        "pictures_inode": (48, "Q"),
        "channel_id": (56, "I"),
        "engine_id_bytes": (60, "I"),
        "engine_id": (64, "64s"),
        "slot_count": (128, "I"),
        "buffer_count": (132, "I"),
        "history_ticks": (136, "I"),
        "lead_ticks": (140, "I"),
        "asset_count": (144, "I"),
        "asset_bytes": (148, "I"),
        "ancillary_bytes": (152, "I"),
        "audio_samples": (156, "I"),
        "slots_offset": (160, "Q"),
        "assets_offset": (168, "Q"),
        "ancillary_offset": (176, "Q"),
        "audio_offset": (184, "Q"),
        "generations_offset": (192, "Q"),
        "slate_offset": (200, "Q"),
        "black_offset": (208, "Q"),
        "guard_ns": (216, "Q"),
        "heartbeat_ns": (224, "Q"),
        "format": (256, "192s"),
        "head_tick": (1024, "q"),
        "oldest_tick": (1088, "q"),
        "futex_word": (1152, "I"),
        "heartbeat": (1216, "Q"),
        "mapping": (1280, "64s"),
        "audio_reserved": (1344, "Q"),
        "audio_committed": (1408, "Q"),
        "state": (1472, "I"),
        "newest_lane": (1476, "I"),
        "counters": (1536, "64s"),
    },
)

SLOT = Record(
    "rvfb_slot",
    SLOT_BYTES,
    {
        "sequence": (0, "Q"),
        "tick": (8, "q"),
        "house_time_ns": (16, "q"),
        "buffer": (24, "I"),
        "flags": (28, "I"),
        "buffer_generation": (32, "Q"),
        "plane_offset": (40, "4Q"),
        "stand_in_reason": (72, "I"),
        "decoder_index": (76, "I"),
        "media_time_ns": (80, "q"),
        "source_pts": (88, "q"),
        "source_tb_num": (96, "I"),
        "source_tb_den": (100, "I"),
        "source_index": (104, "q"),
        "segment_id": (112, "16s"),
        "plan_revision": (128, "Q"),
        "asset_index": (136, "I"),
        "asset_generation": (140, "I"),
        "sample_start": (144, "Q"),
        "sample_count": (152, "I"),
        "ancillary_bytes": (156, "I"),
        "decode_ns": (160, "Q"),
        "commit_mono_ns": (168, "q"),
        "lane": (176, "I"),
        "silent_samples": (180, "I"),
    },
)

ANCILLARY = Record("rvfb_ancillary", 4, {"kind": (0, "H"), "bytes": (2, "H")})

ASSET = Record(
    "rvfb_asset",
    ASSET_BYTES,
    {
        "generation": (0, "Q"),
        "uri_bytes": (8, "I"),
        "title_bytes": (12, "I"),
        "truncated": (16, "I"),
        "uri": (64, "4096s"),
        "title": (4160, "1024s"),
    },
)

READERS = Record(
    "rvfb_readers",
    READERS_BYTES,
    {"magic": (0, "I"), "layout_version": (4, "I"), "entry_count": (8, "I"), "entry_bytes": (12, "I")},
)

READER_ENTRY = Record(
    "rvfb_reader_entry",
    READER_ENTRY_BYTES,
    {
        "cursor_tick": (0, "q"),
        "overruns": (8, "Q"),
        "last_seen_mono_ns": (16, "q"),
        "pid": (24, "i"),
        "name_bytes": (28, "I"),
        "name": (32, "128s"),
    },
)

#: The structs that a reader looks at; the lane is between engine and worker.
RECORDS = (FORMAT, MAPPING, COUNTERS, HEADER, SLOT, ANCILLARY, ASSET, READERS, READER_ENTRY)
