"""Which buses there are on this machine."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any, List, Optional

from . import layout
from .errors import BusDenied, BusError, BusNotFound
from .objects import engine_lives, open_object, read_header
from .program_format import ProgramFormat, program_format_of
from .reader import DEFAULT_DIRECTORY, DEFAULT_PREFIX


@dataclass(frozen=True)
class BusListing:
    """A bus as it was found; it may be gone by now."""

    path: str
    engine_id: str
    channel_id: int
    #: `live`, `dead` (its engine is gone), `denied`, or `incompatible`.
    state: str
    #: None where it could not be read.
    format: Optional[ProgramFormat] = None
    head: int = layout.NO_TICK
    oldest: int = 0
    #: Of control and pictures object together.
    memory_bytes: int = 0


def list_buses(directory: str = DEFAULT_DIRECTORY, prefix: str = DEFAULT_PREFIX) -> List[BusListing]:
    """All buses in a folder of shared memory, sorted by path."""
    pattern = re.compile(re.escape(prefix) + r"\.([a-z0-9_-]{1,64})\.ch(\d{1,10})")
    found = []
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return []
    for name in names:
        match = pattern.fullmatch(name)
        if match:
            listing = _look_at(os.path.join(directory, name), match.group(1), int(match.group(2)))
            if listing is not None:
                found.append(listing)
    return found


def _look_at(path: str, engine_id: str, channel_id: int) -> Optional[BusListing]:
    try:
        fd = open_object(path)
    except BusNotFound:
        return None
    except BusDenied:
        return BusListing(path, engine_id, channel_id, "denied")
    except BusError:
        return BusListing(path, engine_id, channel_id, "incompatible")
    try:
        h, f = read_header(fd, path)
        alive = h.state == layout.STATE_READY and engine_lives(fd)
        return _listing(path, h, f, "live" if alive else "dead")
    except BusError:
        return BusListing(path, engine_id, channel_id, "incompatible")
    finally:
        os.close(fd)


def _listing(path: str, h: Any, f: Any, state: str) -> BusListing:
    return BusListing(
        path=path,
        engine_id=h.engine_id[: h.engine_id_bytes].decode("utf-8", "replace"),
        channel_id=h.channel_id,
        state=state,
        format=program_format_of(f),
        head=h.head_tick,
        oldest=h.oldest_tick,
        memory_bytes=h.object_bytes + h.pictures_bytes,
    )
