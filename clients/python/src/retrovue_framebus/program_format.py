"""The one picture and sound format of a channel."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Tuple

from . import layout

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class PlaneFormat:
    """How one plane of every picture lies in memory."""

    #: Bytes from row to row.
    stride: int
    #: Bytes of a row that are picture; the rest is padding.
    row_bytes: int
    rows: int
    #: Pixels (or chroma pairs) in a row.
    width: int
    #: Numbers that belong to one of them: 2 for interleaved chroma, 3 or 4 for packed RGB.
    components: int
    #: Bytes of one number, 1 or 2 (little-endian).
    component_bytes: int


@dataclass(frozen=True)
class ProgramFormat:
    """Constant for the life of a bus."""

    width: int
    height: int
    #: Frames per second, exactly.
    rate: Fraction
    #: libav's name, as `yuv420p`.
    pixel_format: str
    #: Width of a sample by its height.
    sample_aspect: Fraction
    #: Code points of ITU-T H.273; 2 is unknown.
    colour_primaries: int
    colour_transfer: int
    colour_matrix: int
    #: `unknown`, `limited` or `full`.
    colour_range: str
    #: What a segment gets that asks for nothing else: `preserve`, `stretch` or `crop`.
    aspect_policy: str
    sample_rate: int
    channels: int
    planes: Tuple[PlaneFormat, ...]

    def tick_time(self, tick: int) -> int:
        """House time, in nanoseconds, at which `tick` is shown first. Rounded down."""
        return tick * self.rate.denominator * _NS_PER_S // self.rate.numerator

    def tick_at_or_before(self, house: int) -> int:
        """The tick on air at `house` nanoseconds; -1 before the epoch."""
        if house < 0:
            return -1
        return ((house + 1) * self.rate.numerator - 1) // (self.rate.denominator * _NS_PER_S)

    def sample_at(self, tick: int) -> int:
        """Index of the first sample of `tick`."""
        return tick * self.rate.denominator * self.sample_rate // self.rate.numerator


_COMPONENTS = {("nv12", 1): 2, ("p010le", 1): 2, ("rgb24", 0): 3, ("rgba", 0): 4}


def _plane_of(f: Any, name: str, p: int) -> PlaneFormat:
    deep = name.endswith(("10le", "12le")) or name == "p010le"
    component_bytes = 2 if deep else 1
    components = _COMPONENTS.get((name, p), 1)
    row_bytes = f.plane_row_bytes[p]
    return PlaneFormat(
        stride=f.plane_stride[p],
        row_bytes=row_bytes,
        rows=f.plane_picture_rows[p],
        width=row_bytes // (components * component_bytes),
        components=components,
        component_bytes=component_bytes,
    )


def program_format_of(f: Any) -> ProgramFormat:
    """From an unpacked and checked `rvfb_format`."""
    name = layout.PIXEL_FORMATS[f.pixel_format]
    return ProgramFormat(
        width=f.width,
        height=f.height,
        rate=Fraction(f.rate_num, f.rate_den),
        pixel_format=name,
        sample_aspect=Fraction(f.sar_num, f.sar_den),
        colour_primaries=f.colour_primaries,
        colour_transfer=f.colour_transfer,
        colour_matrix=f.colour_matrix,
        colour_range={1: "limited", 2: "full"}.get(f.colour_range, "unknown"),
        aspect_policy=dict(enumerate(layout.ASPECT_POLICIES)).get(f.aspect_policy, "preserve"),
        sample_rate=f.sample_rate,
        channels=f.channels,
        planes=tuple(_plane_of(f, name, p) for p in range(f.plane_count)),
    )
