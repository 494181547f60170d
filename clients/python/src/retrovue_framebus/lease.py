"""What a reader gets for a tick."""

from __future__ import annotations

import enum
from array import array
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Sequence, Tuple

from . import memory
from .errors import BusClosed
from .frame_meta import FrameMeta
from .picture import Plane, release_views


class Verdict(enum.Enum):
    """What became of the memory behind a view while it was used."""

    INTACT = "intact"
    #: The engine has reused the memory: what was seen may be torn. Use nothing that was made from it.
    OVERWRITTEN = "overwritten"


@dataclass(frozen=True)
class Overrun:
    """The tick is held no more. Go on at `oldest`; never ask for the same tick again."""

    tick: int
    #: The oldest tick that could be read when this was made.
    oldest: int
    head: int


@dataclass(frozen=True)
class Sound:
    """A copy of one tick's sound: float32, one array per channel."""

    channels: Tuple["array[float]", ...]
    verdict: Verdict


class SoundRing:
    """The float32 ring of each channel."""

    def __init__(self, control: memory.Memory, offset: int, length: int, channels: int, reserved_at: int) -> None:
        self._control = control
        self._rings = [control.view[offset + c * length * 4 : offset + (c + 1) * length * 4] for c in range(channels)]
        self._length = length
        self._reserved_at = reserved_at

    @property
    def channels(self) -> int:
        return len(self._rings)

    def copy(self, start: int, count: int, into: Sequence[memoryview], offset: int) -> Verdict:
        """Copies, and then looks whether the engine has begun to overwrite what was copied."""
        at = start % self._length
        before_end = min(count, self._length - at)
        for ring, target in zip(self._rings, into):
            target[offset * 4 : (offset + before_end) * 4] = ring[at * 4 : (at + before_end) * 4]
            target[(offset + before_end) * 4 : (offset + count) * 4] = ring[: (count - before_end) * 4]
        memory.fence()
        intact = self._control.u64(self._reserved_at) <= start + self._length
        return Verdict.INTACT if intact else Verdict.OVERWRITTEN


class FrameLease:
    """
    One tick, read. Everything but pixels and samples was copied when it was made.

    A lease keeps nothing from being reused; `release()` tells whether it was. Use it with `with`, or call `release()`
    and look at the verdict when the pixels matter.
    """

    def __init__(
        self,
        slot: Any,
        meta: FrameMeta,
        planes: Tuple[Plane, ...],
        sound: SoundRing,
        is_intact: Callable[[], bool],
    ) -> None:
        self.tick: int = slot.tick
        #: House time at which the tick is shown, nanoseconds.
        self.time: int = slot.house_time_ns
        self.meta = meta
        #: The picture's planes; their bytes may be looked at until `release()`.
        self.planes = planes
        #: Equal for two ticks exactly when they show the same pixels.
        self.picture_id = f"{slot.buffer}.{slot.buffer_generation}"
        #: Index of the tick's first sample since the epoch.
        self.sample_start: int = slot.sample_start
        self.samples: int = slot.sample_count
        self._sound = sound
        self._is_intact = is_intact
        self._verdict: Optional[Verdict] = None

    def copy_sound(self, into: Sequence[Any], offset: int = 0) -> Verdict:
        """
        Copies the tick's sound to item `offset` and on of each buffer in `into`: one writable float32 buffer per
        channel (array.array("f"), a numpy float32 array). Raises ValueError for others.
        """
        if self._verdict is not None:
            raise BusClosed("The lease was used after it was released.")
        if len(into) != self._sound.channels:
            raise ValueError(f"{len(into)} buffers for {self._sound.channels} channels")
        targets: List[memoryview] = []
        for buffer in into:
            view = memoryview(buffer)
            if view.readonly or view.format != "f" or not view.c_contiguous:
                raise ValueError("sound is copied into writable, contiguous float32 buffers")
            if offset < 0 or view.nbytes < (offset + self.samples) * 4:
                raise ValueError(f"no room for {self.samples} samples from {offset} on")
            targets.append(view.cast("B"))
        return self._sound.copy(self.sample_start, self.samples, targets, offset)

    def sound(self) -> Sound:
        """The tick's sound in new arrays. For programs that do not count allocations."""
        channels = tuple(array("f", bytes(4 * self.samples)) for _ in range(self._sound.channels))
        return Sound(channels, self.copy_sound(channels))

    def release(self) -> Verdict:
        """
        Ends the use of the planes, and tells whether the pixels were the tick's own all the while. A long hold is
        fine: what counts is the buffer, not whether the tick may still be read. Idempotent.
        """
        if self._verdict is None:
            release_views(self.planes)
            self._verdict = Verdict.INTACT if self._is_intact() else Verdict.OVERWRITTEN
        return self._verdict

    def __enter__(self) -> "FrameLease":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<FrameLease tick {self.tick} {self.meta.stand_in or self.meta.asset.uri}>"
