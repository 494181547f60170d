"""Finding, checking and opening the objects of a bus. Nothing that an object claims is used before it was bounded."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from typing import Any, Tuple

from . import layout
from .errors import BusDenied, BusError, BusIncompatible, BusNotFound
from .memory import Memory, supported

#: Far above what an engine makes; Python's numbers do not overflow, but nobody should map petabytes.
_COUNT_MAX = 1 << 20
_PICTURE_BYTES_MAX = 1 << 32

#: struct flock on 64-bit Linux: type, whence, start, length, pid, and padding to a word.
_FLOCK = struct.Struct("hhqqi0q")


def open_object(path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of the object; closed on exec. Never blocks, whatever lies there."""
    if not supported():
        raise BusError("The frame bus is read on 64-bit little-endian Linux only.")
    try:
        fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise BusNotFound(f"There is no {path}: the channel does not run, or its name is another.") from None
    except PermissionError:
        raise BusDenied(errno.EACCES, f"{path} may not be read: join the group of the engine's user.") from None
    except OSError as cause:
        # A symbolic link (ELOOP), a socket: nothing that an engine makes.
        raise BusIncompatible(f"{path} is not a frame bus: {cause.strerror}.") from cause
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise BusIncompatible(f"{path} is not a frame bus: it is no file.")
    return fd


def engine_lives(fd: int) -> bool:
    """
    True while an engine holds the write lock on byte 0 of its control object.

    A read lock is asked about, and only asked: other readers, who could hold one, cannot make a dead bus look alive.
    The lock belongs to an open file description, so process ids and containers do not matter.
    """
    asked = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 0, 1, 0)
    try:
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, asked)
    except OSError:
        return True
    return _FLOCK.unpack(answer)[0] != fcntl.F_UNLCK


def read_header(fd: int, path: str) -> Tuple[Any, Any]:
    """
    Header and format of the control object, checked against the object's real size. Read, not mapped: a look through
    a mapping beyond the end of a short object would kill the process.
    """
    data = os.pread(fd, layout.HEADER_BYTES, 0)
    if len(data) != layout.HEADER_BYTES:
        raise BusIncompatible(f"{path} is not a frame bus: it is too short.")
    h = layout.HEADER.unpack(data)
    if h.magic != layout.MAGIC:
        raise BusIncompatible(f"{path} is not a frame bus.")
    if h.layout_version != layout.LAYOUT_VERSION:
        raise BusIncompatible(
            f"{path} has layout version {h.layout_version}; this package reads {layout.LAYOUT_VERSION}. Update it."
        )
    f = layout.FORMAT.unpack(h.format)
    fault = _fault_of(h, f, os.fstat(fd).st_size)
    if fault:
        raise BusIncompatible(f"{path} is damaged or truncated: {fault}.")
    return h, f


def _fits(offset: int, size: int, total: int) -> bool:
    return offset + size <= total


def _fault_of_format(f: Any) -> str:
    if not (0 < f.width <= 32768 and 0 < f.height <= 32768):
        return "the picture's size"
    if 0 in (f.rate_num, f.rate_den, f.sar_num, f.sar_den, f.sample_rate) or not 0 < f.channels <= 8:
        return "a rate"
    if not 0 < f.pixel_format < len(layout.PIXEL_FORMATS) or not 0 < f.plane_count <= layout.PLANES_MAX:
        return "the pixel format"
    if not 0 < f.picture_bytes <= _PICTURE_BYTES_MAX or f.picture_bytes % layout.PAGE_BYTES != 0:
        return "the picture's bytes"
    for p in range(f.plane_count):
        if not _fits(f.plane_offset[p], f.plane_rows[p] * f.plane_stride[p], f.picture_bytes):
            return "a plane"
        if f.plane_offset[p] % layout.STRIDE_ALIGN != 0 or f.plane_stride[p] % layout.STRIDE_ALIGN != 0:
            return "a plane's place"
        if not 0 < f.plane_picture_rows[p] <= f.plane_rows[p] or not 0 < f.plane_row_bytes[p] <= f.plane_stride[p]:
            return "a plane's picture"
    return ""


def _fault_of(h: Any, f: Any, size: int) -> str:
    if h.object_bytes != size:
        return f"it has {size} bytes of {h.object_bytes}"
    records = (h.header_bytes, h.slot_bytes, h.asset_bytes, h.ancillary_bytes)
    if records != (layout.HEADER_BYTES, layout.SLOT_BYTES, layout.ASSET_BYTES, layout.ANCILLARY_BYTES):
        return "the size of a record"
    if _fault_of_format(f):
        return _fault_of_format(f)
    if not 0 < h.slot_count <= _COUNT_MAX or max(h.buffer_count, h.asset_count) > _COUNT_MAX:
        return "a count"
    if h.audio_samples == 0 or h.heartbeat_ns == 0 or h.engine_id_bytes > layout.ENGINE_ID_BYTES:
        return "the sound ring, heartbeat or engine id"
    if h.pictures_bytes != h.buffer_count * f.picture_bytes:
        return "the pictures' size"
    line, page = layout.STRIDE_ALIGN, layout.PAGE_BYTES
    sections = (
        (h.slots_offset, h.slot_count * layout.SLOT_BYTES, line),
        (h.assets_offset, h.asset_count * layout.ASSET_BYTES, line),
        (h.ancillary_offset, h.slot_count * layout.ANCILLARY_BYTES, line),
        (h.audio_offset, h.audio_samples * f.channels * 4, line),
        (h.generations_offset, h.buffer_count * 8, line),
        (h.slate_offset, f.picture_bytes, page),
        (h.black_offset, f.picture_bytes, page),
    )
    for offset, bytes_, align in sections:
        if offset < layout.HEADER_BYTES or offset % align != 0:
            return "a section's place"
        if not _fits(offset, bytes_, size):
            return "a section"
    return ""


def map_pictures(path: str, header: Any) -> Memory:
    """Maps the pictures object that belongs to this control object."""
    fd = open_object(path)
    try:
        about = os.fstat(fd)
        if about.st_ino != header.pictures_inode:
            raise BusNotFound(f"{path} belongs to another bus: it is being replaced at this moment. Try again.")
        if about.st_size != header.pictures_bytes:
            raise BusIncompatible(f"{path} has {about.st_size} bytes of {header.pictures_bytes}.")
        return Memory(fd, about.st_size)
    finally:
        os.close(fd)
