"""What stands in a slot beside picture and sound: who aired here, and from where."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Optional, Tuple

from . import layout


@dataclass(frozen=True)
class Ancillary:
    """Captions, AFD or timecode of one tick."""

    #: `cea608`, `cea708`, `afd`, `timecode`, or the number as text where this package is older than the engine.
    kind: str
    data: bytes


@dataclass(frozen=True)
class Asset:
    """What the scheduler calls the media. Empty text for pads."""

    uri: str = ""
    title: str = ""
    #: True where URI or title did not fit into the bus and was cut.
    truncated: bool = False


@dataclass(frozen=True)
class FrameMeta:
    plan_revision: int
    #: 32 hexadecimal digits; all zeros where the plan has no segment here.
    segment_id: str
    asset: Asset
    first_of_segment: bool
    #: The picture of the tick before, shown again because the cadence says so.
    repeat: bool
    #: `hold`, `slate`, `black`, or None for the planned picture.
    stand_in: Optional[str]
    #: `none` exactly where `stand_in` is None.
    stand_in_reason: str
    #: True where the plan itself has no media here.
    pad: bool
    #: True where this tick does not continue the one before.
    discontinuity: bool
    #: True where a take came after its tick.
    late: bool
    #: Time of the picture from the asset's zero, nanoseconds.
    media_time_ns: Optional[int]
    #: The container's own timestamp.
    source_pts: Optional[int]
    #: What one step of `source_pts` lasts, in seconds.
    source_time_base: Optional[Fraction]
    #: Index of the picture in its asset where known.
    source_index: Optional[int]
    decoder_index: Optional[int]
    #: Time spent decoding and conforming, nanoseconds; 0 for repeats.
    decode_ns: int
    #: Samples that are silence, or a fade to or from it, where the plan has sound.
    silent_samples: int
    ancillary: Tuple[Ancillary, ...]
    #: Which of the channel's workers submitted the tick, counted from 1; 0: the engine's own stand-in.
    lane: int
    #: CLOCK_MONOTONIC when the commit began, nanoseconds.
    commit_mono_ns: int


def ancillary_of(data: bytes) -> Tuple[Ancillary, ...]:
    """Records of type, length and value, padded to 4 bytes. One that claims more than there is ends the list."""
    records = []
    at = 0
    while at + layout.ANCILLARY.size <= len(data):
        label = layout.ANCILLARY.unpack(data, at)
        at += layout.ANCILLARY.size
        if at + label.bytes > len(data):
            break
        kind = layout.ANCILLARY_KINDS.get(label.kind, str(label.kind))
        records.append(Ancillary(kind, data[at : at + label.bytes]))
        at += (label.bytes + 3) // 4 * 4
    return tuple(records)


def _stand_in_of(flags: int) -> Optional[str]:
    if flags & layout.FLAG_HOLD:
        return "hold"
    if flags & layout.FLAG_SLATE:
        return "slate"
    return "black" if flags & layout.FLAG_BLACK else None


def frame_meta_of(slot: Any, asset: Asset, ancillary: bytes) -> FrameMeta:
    """From an unpacked `rvfb_slot`."""
    reason = slot.stand_in_reason
    has_base = slot.source_tb_num != 0 and slot.source_tb_den != 0
    return FrameMeta(
        plan_revision=slot.plan_revision,
        segment_id=slot.segment_id.hex(),
        asset=asset,
        first_of_segment=bool(slot.flags & layout.FLAG_FIRST_OF_SEGMENT),
        repeat=bool(slot.flags & layout.FLAG_REPEAT),
        stand_in=_stand_in_of(slot.flags),
        stand_in_reason=layout.REASONS[reason] if reason < len(layout.REASONS) else str(reason),
        pad=bool(slot.flags & layout.FLAG_PAD),
        discontinuity=bool(slot.flags & layout.FLAG_DISCONTINUITY),
        late=bool(slot.flags & layout.FLAG_LATE),
        media_time_ns=None if slot.media_time_ns == layout.NO_TIME else slot.media_time_ns,
        source_pts=None if slot.source_pts == layout.NO_TIME else slot.source_pts,
        source_time_base=Fraction(slot.source_tb_num, slot.source_tb_den) if has_base else None,
        source_index=None if slot.source_index == layout.NO_INDEX else slot.source_index,
        decoder_index=None if slot.decoder_index == layout.NO_DECODER else slot.decoder_index,
        decode_ns=slot.decode_ns,
        silent_samples=slot.silent_samples,
        ancillary=ancillary_of(ancillary),
        lane=slot.lane,
        commit_mono_ns=slot.commit_mono_ns,
    )
