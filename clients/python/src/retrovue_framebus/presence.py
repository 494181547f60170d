"""The readers table: where readers show themselves to operators, and to a channel that runs only when watched."""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from typing import List, Optional

from . import layout
from .errors import BusError
from .memory import mono_now
from .objects import open_object

_FLOCK = struct.Struct("hhqqi0q")
_ENTRY = struct.Struct("<qQqiI128s96x")
_CURSOR = struct.Struct("<qQq")

#: The cursor is shown to people: more often than this nobody needs it.
_SHOWN_EVERY_NS = 250_000_000


def _at(index: int) -> int:
    return layout.READERS_BYTES + index * layout.READER_ENTRY_BYTES


def _lock(kind: int, index: int) -> bytes:
    return _FLOCK.pack(kind, os.SEEK_SET, _at(index), layout.READER_ENTRY_BYTES, 0)


def _is_table(fd: int) -> bool:
    data = os.pread(fd, layout.READERS_BYTES, 0)
    if len(data) != layout.READERS_BYTES:
        return False
    t = layout.READERS.unpack(data)
    shape = (layout.MAGIC_READERS, layout.LAYOUT_VERSION, layout.READER_ENTRY_BYTES)
    return (t.magic, t.layout_version, t.entry_bytes) == shape


def _cut(name: str) -> bytes:
    """At most 128 bytes of UTF-8, whole characters."""
    return name.encode("utf-8", "replace")[:128].decode("utf-8", "ignore").encode("utf-8")


class Presence:
    """One reader's entry, held by a lock while it lives. A courtesy: what fails here is not the reader's failure."""

    def __init__(self, fd: int, index: int) -> None:
        self._fd: Optional[int] = fd
        self._index = index
        self._shown_at = 0

    @classmethod
    def claim(cls, path: str, name: str) -> Optional["Presence"]:
        """The first entry whose lock is free, in the table at `path`; None where there is none to be had."""
        try:
            fd = open_object(path, os.O_RDWR)
        except BusError:
            return None
        try:
            if _is_table(fd):
                for index in range(layout.READER_ENTRIES):
                    try:
                        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _lock(fcntl.F_WRLCK, index))
                    except OSError:
                        continue
                    text = _cut(name)
                    entry = _ENTRY.pack(layout.NO_TICK, 0, mono_now(), os.getpid(), len(text), text)
                    if os.pwrite(fd, entry, _at(index)) == len(entry):
                        return cls(fd, index)
                    break
        except OSError:
            pass
        os.close(fd)
        return None

    def show(self, cursor: int, overruns: int) -> None:
        """
        Shows where the reader is; only now and then. By a call and not through a mapping: anyone of the group may cut
        the table short, and a store beyond its end would kill.
        """
        now = mono_now()
        if self._fd is None or now - self._shown_at < _SHOWN_EVERY_NS:
            return
        self._shown_at = now
        try:
            os.pwrite(self._fd, _CURSOR.pack(cursor, overruns, now), _at(self._index))
        except OSError:
            self.close()

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@dataclass(frozen=True)
class ReaderEntry:
    """A reader as it shows itself. Anyone of the group may have written anything here."""

    name: str
    #: In the reader's own process-id namespace.
    pid: int
    cursor: int
    overruns: int


def readers_of(path: str) -> List[ReaderEntry]:
    """The living readers in the table at `path`; none where it may not be read."""
    rows: List[ReaderEntry] = []
    try:
        fd = open_object(path)
    except BusError:
        return rows
    try:
        for index in range(layout.READER_ENTRIES if _is_table(fd) else 0):
            data = os.pread(fd, layout.READER_ENTRY_BYTES, _at(index))
            if len(data) != layout.READER_ENTRY_BYTES:
                break
            answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _lock(fcntl.F_RDLCK, index))
            e = layout.READER_ENTRY.unpack(data)
            if e.pid == 0 or _FLOCK.unpack(answer)[0] == fcntl.F_UNLCK:
                continue
            name = e.name[: min(e.name_bytes, 128)].decode("utf-8", "replace")
            rows.append(ReaderEntry(name, e.pid, e.cursor_tick, e.overruns))
    except OSError:
        pass
    finally:
        os.close(fd)
    return rows
