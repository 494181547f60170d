"""Reads a channel's bus without ever disturbing it."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Optional, Union

from . import layout, memory
from .clock_mapping import ClockMapping
from .errors import BusClosed, BusIncompatible, BusNotFound, BusStale, BusTimeout
from .frame_meta import frame_meta_of
from .lease import FrameLease, Overrun, SoundRing
from .memory import Memory, mono_now
from .objects import engine_lives, map_pictures, open_object, read_header
from .presence import Presence
from .program_format import ProgramFormat, program_format_of
from .slots import Slots
from .waiting import Waiter

DEFAULT_DIRECTORY = "/dev/shm"
DEFAULT_PREFIX = "retrovue"

#: A wait looks for the death of the engine this often: a dead engine wakes nobody.
_SLICE_NS = 100_000_000
#: A mapping changes a few times a second at most. An engine killed between the two halves of a change leaves the guard
#: odd for ever, so the looks are bounded.
_MAPPING_LOOKS_MAX = 1000

_AT = layout.HEADER.offsets

@dataclass(frozen=True)
class Counters:
    """Ticks since the bus was made, by what aired."""

    committed: int
    holds: int
    slates: int
    blacks: int
    refused: int
    late_commits: int
    #: Of those committed: handed over by a worker.
    submitted: int


def bus_path(
    engine_id: str, channel_id: int, directory: str = DEFAULT_DIRECTORY, prefix: str = DEFAULT_PREFIX
) -> str:
    """Where the control object of a channel's bus lies."""
    return os.path.join(directory, f"{prefix}.{engine_id}.ch{channel_id}")


class FrameBusReader:
    """
    Reads the bus whose control object is at a path, as `/dev/shm/retrovue.east.ch7`.

    Ownership: the caller owns the reader and each lease. Leases do not keep memory from being reused: `release()` tells
    what happened. Closing the reader leaves its leases' memory mapped until they are gone.

    Threads: one call at a time; leases may be used and released from any thread.

    Not yet and end: `at` and `next` wait for a tick that is not committed yet, at most `timeout` seconds. A tick that
    is held no more is an `Overrun`, a value. A bus has no end; it becomes stale.

    After an error: `BusTimeout`: go on. `BusStale`: close, and open again. `BusNotFound`, `BusIncompatible` and
    `BusDenied` come from opening (a `BusIncompatible` from reading means that the engine stores nonsense).
    """

    def __init__(self, path: str, *, name: Optional[str] = "python", wait: str = "auto") -> None:
        """
        Opens the bus. `name` is shown to operators beside the process id (at most 128 bytes); None: this reader is not
        shown, and an on-demand channel does not start for it. A name is left in the readers table even where there is
        no bus yet. `wait`: how to sleep, see `waiting.py`.
        """
        self.path = path
        self._presence: Optional[Presence] = None
        self._fd = -1
        self._closed = False
        try:
            self._open(wait)
        except BusNotFound:
            if name is not None:
                self._presence = Presence.claim(f"{path}.readers", name)
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        if name is not None:
            self._presence = Presence.claim(f"{path}.readers", name)

    @classmethod
    def of_channel(
        cls,
        engine_id: str,
        channel_id: int,
        *,
        directory: str = DEFAULT_DIRECTORY,
        prefix: str = DEFAULT_PREFIX,
        name: Optional[str] = "python",
        wait: str = "auto",
    ) -> "FrameBusReader":
        """Opens the bus of a channel by its names."""
        return cls(bus_path(engine_id, channel_id, directory, prefix), name=name, wait=wait)

    def _open(self, wait: str) -> None:
        path = self.path
        self._fd = open_object(path)
        h, f = read_header(self._fd, path)
        if h.state != layout.STATE_READY or not engine_lives(self._fd):
            raise BusNotFound(f"The bus {path} is a dead engine's: nobody commits to it. Start the channel.")
        about = os.fstat(self._fd)
        self._identity = (about.st_dev, about.st_ino)
        self._control: Memory = Memory(self._fd, about.st_size)
        pictures = map_pictures(f"{path}.pictures", h)
        self._h = h
        self.format: ProgramFormat = program_format_of(f)
        self.engine_id: str = h.engine_id[: h.engine_id_bytes].decode("utf-8", "replace")
        self.channel_id: int = h.channel_id
        #: Random, of this bus: another one means that the engine began anew.
        self.run_id: str = h.run_id.hex()
        #: Ticks may be visible so far ahead of their time, and stay readable so long after it.
        self.lead_ticks: int = h.lead_ticks
        self.history_ticks: int = h.history_ticks
        self._slots = Slots(path, self._control, pictures, h, f, self.format)
        self._sound = SoundRing(self._control, h.audio_offset, h.audio_samples, f.channels, _AT["audio_reserved"])
        self._waiter = Waiter(self._control, self.format.tick_time(1), wait)
        self._cursor = layout.NO_TICK
        self._overruns = 0
        self._now_latest: Optional[int] = None
        self._look_anew(mono_now())

    # Reading

    def at(self, tick: int, timeout: float = 1.0) -> Union[FrameLease, Overrun]:
        """Tick `tick`; waits for it at most `timeout` seconds (then `BusTimeout`). 0: looks once."""
        self._require_usable()
        if tick < 0:
            raise ValueError(f"ticks are counted from 0, not {tick}")
        self._wait(tick, timeout)
        return self._read(tick)

    def next(self, timeout: float = 1.0) -> Union[FrameLease, Overrun]:
        """The tick after the last one returned; the newest at first. After an `Overrun`, the oldest."""
        self._require_usable()
        if self._cursor >= 0:
            tick = self._cursor + 1
            self._wait(tick, timeout)
            return self._read(tick)
        self._wait(0, timeout)
        return self._read(self._head())

    def head(self) -> int:
        """The last committed tick; -1 before the first."""
        self._require_open()
        return self._head()

    def oldest(self) -> int:
        """The oldest tick that may be read."""
        self._require_open()
        return self._oldest()

    # The clock

    def mapping(self) -> ClockMapping:
        """How house time follows the machine's clock, as the engine stamped it into the bus."""
        self._require_open()
        at = _AT["mapping"]
        for _ in range(_MAPPING_LOOKS_MAX):
            guard = self._control.u64(at)
            memory.fence()
            m = layout.MAPPING.unpack(bytes(self._control.view[at : at + layout.MAPPING.size]))
            memory.fence()
            if guard % 2 == 0 and self._control.u64(at) == guard:
                return ClockMapping(m.sequence, m.mono_anchor, m.house_anchor, m.rate_ppb)
        raise BusStale(f"The engine of {self.path} died while it changed the clock. Open again.")

    def now(self) -> int:
        """House time in nanoseconds. Never steps back, whatever becomes of the mapping."""
        house = self.mapping().house_at(mono_now())
        if self._now_latest is None or house > self._now_latest:
            self._now_latest = house
        return self._now_latest

    # The bus

    def counters(self) -> Counters:
        """For people who look: each number is right, all of them together may not be of one moment."""
        self._require_open()
        at = _AT["counters"]
        return Counters(*(self._control.u64(at + offset) for offset in layout.COUNTERS.offsets.values()))

    def check(self) -> None:
        """
        Raises `BusStale` where the bus was closed or replaced or its engine is gone: no lock, another object of this
        name, or three heartbeats missing since it was looked at last. Asks the system: a few times a second is enough,
        and waits do it by themselves.
        """
        self._require_open()
        fault = self._death()
        if fault:
            raise BusStale(f"{self.path}: {fault}. Close this reader and open again.")

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Gives up the entry in the readers table and the objects. Leases may still be released. Idempotent."""
        self._closed = True
        if self._presence is not None:
            self._presence.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "FrameBusReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<FrameBusReader {self.path}{' closed' if self._closed else ''}>"

    # How it is done. The numbered rules are those of docs/contracts/frame-bus.md.

    def _require_open(self) -> None:
        if self._closed:
            raise BusClosed("The frame reader was used after it was closed.")

    def _require_usable(self) -> None:
        self._require_open()
        if self._is_closed_bus():
            raise BusStale(f"The bus {self.path} was closed. Close this reader and open again.")

    def _is_closed_bus(self) -> bool:
        return self._control.u32(_AT["state"]) != layout.STATE_READY

    def _head(self) -> int:
        head = self._control.i64(_AT["head_tick"])
        memory.fence()
        return head

    def _oldest(self) -> int:
        oldest = self._control.i64(_AT["oldest_tick"])
        memory.fence()
        return oldest

    def _death(self) -> str:
        if self._is_closed_bus():
            return "the bus was closed"
        if not engine_lives(self._fd):
            return "its engine is gone"
        try:
            about = os.stat(self.path)
        except OSError:
            return "the bus was removed"
        if (about.st_dev, about.st_ino) != self._identity:
            return "the bus was replaced"
        heartbeat = self._control.u64(_AT["heartbeat"])
        now = mono_now()
        # Between two looks one heartbeat can be missed and no more: on a machine that stood still, the engine did so
        # with its reader, and is due a turn before anything is said of it.
        longest = self._h.heartbeat_ns
        self._silent = 0 if heartbeat != self._heartbeat else self._silent + min(now - self._looked, longest)
        self._heartbeat = heartbeat
        self._looked = now
        return "its heart does not beat" if self._silent >= longest * layout.HEARTBEATS_MISSED else ""

    def _look_anew(self, now: int) -> None:
        self._heartbeat: int = self._control.u64(_AT["heartbeat"])
        self._looked = now
        self._silent = 0

    def _wait(self, tick: int, timeout: float) -> None:
        """Rule 2: the futex word is read before the head, so that a commit in between ends the sleep at once."""
        if not (timeout >= 0 and math.isfinite(timeout)):
            raise ValueError(f"a wait is bounded: {timeout} is no number of seconds")
        began = mono_now()
        deadline = began + int(timeout * 1e9)
        # The time since the last wait says nothing about heartbeats: nobody looked.
        self._look_anew(began)
        check_at = began + _SLICE_NS
        while True:
            word = self._waiter.word()
            memory.fence()
            if self._head() >= tick:
                return
            now = mono_now()
            if self._is_closed_bus() or now >= check_at:
                self.check()
                check_at = now + _SLICE_NS
            if now >= deadline:
                raise BusTimeout(f"Tick {tick} was not committed within {timeout} s; the last one is {self._head()}.")
            self._waiter.sleep(word, min(deadline, check_at))

    def _read(self, tick: int) -> Union[FrameLease, Overrun]:
        slot_and_extra = self._slots.look(tick) if tick >= self._oldest() else None
        if slot_and_extra is None:
            return self._overrun(tick)
        slot, ancillary = slot_and_extra
        self._slots.require_sense(slot)
        asset = self._slots.asset_of(slot)
        if asset is None:
            return self._overrun(tick)
        meta = frame_meta_of(slot, asset, ancillary[: slot.ancillary_bytes])
        self._cursor = tick
        self._show()
        return FrameLease(slot, meta, self._slots.planes_of(slot), self._sound, self._slots.intact_check(slot))

    def _overrun(self, tick: int) -> Overrun:
        oldest = self._oldest()
        self._overruns += 1
        # `next` then goes on where the caller is told to.
        self._cursor = oldest - 1
        self._show()
        return Overrun(tick, oldest, self._head())

    def _show(self) -> None:
        if self._presence is not None:
            self._presence.show(self._cursor, self._overruns)
