"""What a bus holds for one tick: slot, asset and picture. Rules by the numbers of docs/contracts/frame-bus.md."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

from . import layout, memory
from .errors import BusIncompatible
from .frame_meta import Asset
from .memory import Memory
from .picture import Plane
from .program_format import ProgramFormat

_SLOT_READ_BYTES = 8 * layout.SLOT_WORDS


class Slots:
    """Looks at mapped objects whose header (`h`) and format (`f`) were found to make sense."""

    def __init__(
        self, path: str, control: Memory, pictures: Memory, h: Any, f: Any, program_format: ProgramFormat
    ) -> None:
        self._path = path
        self._control = control
        self._pictures = pictures
        self._h = h
        self._f = f
        self._format = program_format
        #: By index: the generation that was read, and what it said. As many as the bus has entries, at most.
        self._assets: Dict[int, Tuple[int, Asset]] = {}

    def look(self, tick: int) -> Optional[Tuple[Any, bytes]]:
        """Rule 2: sequence (odd: changing), copy, the same sequence again, and the tick must be the one."""
        place = tick % self._h.slot_count
        at = self._h.slots_offset + place * layout.SLOT_BYTES
        extra_at = self._h.ancillary_offset + place * layout.ANCILLARY_BYTES
        sequence = self._control.u64(at)
        if sequence % 2 != 0:
            return None
        memory.fence()
        data = bytes(self._control.view[at : at + _SLOT_READ_BYTES])
        extra = bytes(self._control.view[extra_at : extra_at + layout.ANCILLARY_BYTES])
        memory.fence()
        if self._control.u64(at) != sequence:
            return None
        slot = layout.SLOT.unpack(data)
        return (slot, extra) if slot.tick == tick else None

    def require_sense(self, slot: Any) -> None:
        """Nothing that a slot says is used before it was bounded."""
        reserved = slot.buffer in (layout.BUFFER_SLATE, layout.BUFFER_BLACK)
        sane = (reserved or slot.buffer < self._h.buffer_count) and slot.sample_count <= self._h.audio_samples
        sane = sane and slot.ancillary_bytes <= layout.ANCILLARY_BYTES
        for p, plane in enumerate(self._format.planes):
            shown = plane.stride * (plane.rows - 1) + plane.row_bytes
            sane = sane and slot.plane_offset[p] + shown <= self._f.picture_bytes
            sane = sane and slot.plane_offset[p] % plane.component_bytes == 0
        if not sane:
            raise self._nonsense(slot)

    def _nonsense(self, slot: Any) -> BusIncompatible:
        return BusIncompatible(f"The slot of tick {slot.tick} in {self._path} makes no sense.")

    def asset_of(self, slot: Any) -> Optional[Asset]:
        """
        Rule 2 again, with the entry's generation as its sequence. None where the entry was rewritten: that happens only
        once no readable tick names it, so the whole tick was read too late.
        """
        index = slot.asset_index
        if index == layout.NO_ASSET:
            return Asset()
        if index >= self._h.asset_count:
            raise self._nonsense(slot)
        known = self._assets.get(index)
        if known is not None and known[0] == slot.asset_generation:
            return known[1]
        at = self._h.assets_offset + index * layout.ASSET_BYTES
        generation = self._control.u64(at)
        # Generations only rise: a later one is a rewritten entry, an earlier one was never in any slot.
        since = (generation - slot.asset_generation) & 0xFFFFFFFF
        if since >= 0x80000000:
            raise self._nonsense(slot)
        if since != 0 or generation % 2 != 0:
            return None
        memory.fence()
        data = bytes(self._control.view[at : at + layout.ASSET_BYTES])
        memory.fence()
        if self._control.u64(at) != generation:
            return None
        a = layout.ASSET.unpack(data)
        if a.uri_bytes > layout.URI_BYTES or a.title_bytes > layout.TITLE_BYTES:
            raise self._nonsense(slot)
        uri = a.uri[: a.uri_bytes].decode("utf-8", "replace")
        title = a.title[: a.title_bytes].decode("utf-8", "replace")
        asset = Asset(uri, title, a.truncated != 0)
        self._assets[index] = (slot.asset_generation, asset)
        return asset

    def planes_of(self, slot: Any) -> Tuple[Plane, ...]:
        if slot.buffer == layout.BUFFER_SLATE:
            source, base = self._control, self._h.slate_offset
        elif slot.buffer == layout.BUFFER_BLACK:
            source, base = self._control, self._h.black_offset
        else:
            source, base = self._pictures, slot.buffer * self._f.picture_bytes
        planes = []
        for p, plane in enumerate(self._format.planes):
            at = base + slot.plane_offset[p]
            shown = plane.stride * (plane.rows - 1) + plane.row_bytes
            planes.append(Plane(source.view[at : at + shown], plane))
        return tuple(planes)

    def intact_check(self, slot: Any) -> Callable[[], bool]:
        """Rule 3: after the last look at the pixels, the buffer's generation and nothing else."""
        if slot.buffer >= self._h.buffer_count:
            return lambda: True  # Reserved pictures never change.
        control = self._control
        at = self._h.generations_offset + slot.buffer * 8
        named = slot.buffer_generation

        def is_intact() -> bool:
            memory.fence()
            return control.u64(at) == named

        return is_intact
