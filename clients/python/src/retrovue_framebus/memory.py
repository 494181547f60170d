"""
Read-only shared memory, the order of loads from it, and sleeping on a word of it. Linux, 64 bit, little-endian.

**Why not the `mmap` module.** Waiting needs the address of the mapping, and ctypes refuses to wrap a read-only buffer.
So libc maps, and ctypes makes an array at the address. Views are read-only memoryviews, and the pages are too: nothing
here can store to a bus.

**One load per word.** A word that the engine may be storing is read by `Memory.u32`, `u64` or `i64`: ctypes copies the
aligned word by a `memcpy` whose size is a constant, which compilers make one load on the 64-bit machines that the bus
runs on. `struct.unpack` promises no such thing. What is copied in bulk (a slot, samples) may be torn in the middle of a
word: it counts only if the guarding sequence is found unchanged afterwards, and is thrown away otherwise.

**The order of loads.** Python has no fences. The rules of the bus need one thing of a reader: that loads before a point
are done before loads after it. `fence()` is that point. It asks the kernel for `membarrier(2)` in its
global-expedited form, a full memory barrier of the calling thread on entry and on exit, which no compiler can see
through either. On x86-64 it would not even be needed: loads are done in program order there (TSO), and the interpreter
between two of them is opaque to compilers; the call costs about a microsecond and saves an argument about what copies
by `rep movs` may do. On weakly ordered machines (arm64) it is what makes the reader right. Where a sandbox refuses the
call, a lock is handed from this thread to itself: loads before a release stay before it, loads after an acquire stay
after it, and an acquire of the same lock is ordered after its release (Arm's STLR before LDAR, RCsc; C11's
synchronises-with).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
import threading
import time
import weakref

_PROT_READ = 1
_MAP_SHARED = 1
#: Every page at once: the first look at a picture should cost no page faults.
_MAP_POPULATE = 0x8000
_MAP_FAILED = ctypes.c_void_p(-1).value

_FUTEX_WAIT_BITSET = 9
_FUTEX_BITSET_MATCH_ANY = 0xFFFFFFFF
_MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2

#: (futex, membarrier) by machine, from the kernel's own tables of system calls.
_CALLS = {
    "x86_64": (202, 324),
    "aarch64": (98, 283),
    "riscv64": (98, 283),
    "loongarch64": (98, 283),
    "ppc64le": (221, 365),
}

_NS_PER_S = 1_000_000_000


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def supported() -> bool:
    """False where the bus cannot be: it is a Linux thing of 64-bit little-endian words."""
    return sys.platform == "linux" and sys.byteorder == "little" and ctypes.sizeof(ctypes.c_void_p) == 8


if supported():
    _libc = ctypes.CDLL(None, use_errno=True)
    _libc.mmap.restype = ctypes.c_void_p
    _libc.mmap.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_long,
    ]
    _libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    _libc.syscall.restype = ctypes.c_long
_futex_call, _membarrier_call = _CALLS.get(platform.machine(), (None, None))


def mono_now() -> int:
    """CLOCK_MONOTONIC in nanoseconds: the clock of mappings and heartbeats."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


class Memory:
    """
    A whole object, mapped read-only.

    The memory stays mapped as long as this object or any view of it lives, so a view that was kept too long shows old
    or newer bytes but never faults.
    """

    def __init__(self, fd: int, size: int) -> None:
        """Maps `size` bytes, which the object must have: a look beyond its end kills the process."""
        address = _libc.mmap(None, size, _PROT_READ, _MAP_SHARED | _MAP_POPULATE, fd, 0)
        if address in (None, _MAP_FAILED):
            code = ctypes.get_errno()
            raise OSError(code, f"cannot map {size} bytes: {os.strerror(code)}")
        array_type = type("_Mapped", (ctypes.c_ubyte * size,), {})
        self._anchor = array_type.from_address(address)
        # Views hold the array; when the last of them and this object are gone, so is the mapping.
        weakref.finalize(self._anchor, _libc.munmap, address, size).atexit = False
        self._address = address
        self.size = size
        #: All bytes. Slices of it are views, not copies; storing to it raises TypeError.
        self.view = memoryview(self._anchor).cast("B").toreadonly()

    def u32(self, offset: int) -> int:
        return ctypes.c_uint32.from_address(self._address + offset).value

    def u64(self, offset: int) -> int:
        return ctypes.c_uint64.from_address(self._address + offset).value

    def i64(self, offset: int) -> int:
        return ctypes.c_int64.from_address(self._address + offset).value

    def address_of(self, offset: int) -> int:
        return self._address + offset


_handed = threading.Lock()


def _hand_over_lock() -> None:
    with _handed:
        pass
    with _handed:
        pass


def fence() -> None:
    """Every load before this call is done before any load after it. See the head of this module."""
    if _membarrier_call is None or _libc.syscall(
        ctypes.c_long(_membarrier_call),
        ctypes.c_int(_MEMBARRIER_CMD_GLOBAL_EXPEDITED),
        ctypes.c_uint(0),
        ctypes.c_int(0),
    ):
        _hand_over_lock()


def futex_wait(address: int, seen: int, until_mono: int) -> bool:
    """
    Sleeps while the 32-bit word at `address` is `seen`, until woken or CLOCK_MONOTONIC reaches `until_mono`.

    Works on memory mapped read-only: the kernel only loads the word. May end early for no reason; the caller looks
    again. False where this system has no such call, or forbids it.
    """
    if _futex_call is None:
        return False
    until = _Timespec(until_mono // _NS_PER_S, until_mono % _NS_PER_S)
    result = _libc.syscall(
        ctypes.c_long(_futex_call),
        ctypes.c_void_p(address),
        ctypes.c_int(_FUTEX_WAIT_BITSET),
        ctypes.c_uint(seen),
        ctypes.byref(until),
        None,
        ctypes.c_uint(_FUTEX_BITSET_MATCH_ANY),
    )
    return result == 0 or ctypes.get_errno() in (errno.EAGAIN, errno.ETIMEDOUT, errno.EINTR)
