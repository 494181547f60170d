"""Buses for tests: recorded ones that the test itself may store to, and real ones in another process."""

from __future__ import annotations

import fcntl
import gzip
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from retrovue_framebus import FrameBusReader, FrameLease, layout, memory
from retrovue_framebus.reader import _AT

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "packages" / "framebus-shm"
GOLDEN = PACKAGE / "test" / "golden"
INCLUDE = PACKAGE / "include"

SHARED_MEMORY = "/dev/shm"
#: Where recorded buses are put: a folder of its own for runs that may be killed by what they test.
RECORDED = os.environ.get("RETROVUE_RECORDED_BUSES", SHARED_MEMORY)


def golden_program() -> str:
    """The native writer; the test run builds it and names it."""
    path = os.environ.get("RETROVUE_GOLDEN_BUS", str(GOLDEN / "build" / "golden_bus"))
    if not os.access(path, os.X_OK):
        raise unittest.SkipTest("golden_bus is not built (vitest run clients/python builds it)")
    return path


def manifest_of(name: str) -> Dict[str, Any]:
    loaded: Dict[str, Any] = json.loads((GOLDEN / "fixtures" / name / "manifest.json").read_text("utf-8"))
    return loaded


def golden_bytes(name: str, kind: str) -> bytearray:
    with gzip.open(GOLDEN / "fixtures" / name / f"{kind}.gz") as file:
        return bytearray(file.read())


class RecordedBus:
    """A golden, shown as a living bus: this process holds its lock. The test may store to it, as an engine would."""

    def __init__(self, name: str = "programme", change: Optional[Callable[[bytearray], Any]] = None) -> None:
        self.directory = tempfile.mkdtemp(prefix="rvpy-", dir=RECORDED)
        self.path = os.path.join(self.directory, "retrovue.east.ch7")
        for kind in ("pictures", "readers"):
            Path(f"{self.path}.{kind}").write_bytes(golden_bytes(name, kind))
        control = golden_bytes(name, "control")
        struct.pack_into("<Q", control, _AT["pictures_inode"], os.stat(f"{self.path}.pictures").st_ino)
        if change is not None:
            change(control)
        Path(self.path).write_bytes(control)
        self._fd = os.open(self.path, os.O_RDWR)
        self.lock()
        self.memory = mmap.mmap(self._fd, 0) if control else None
        self.header = layout.HEADER.unpack(control) if len(control) >= layout.HEADER_BYTES else None

    def lock(self, kind: int = fcntl.F_WRLCK) -> None:
        fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi0q", kind, 0, 0, 1, 0))

    def unlock(self) -> None:
        self.lock(fcntl.F_UNLCK)

    def store(self, form: str, offset: int, *values: Any) -> None:
        struct.pack_into("<" + form, self.memory, offset, *values)

    def load(self, form: str, offset: int) -> Any:
        return struct.unpack_from("<" + form, self.memory, offset)[0]

    def slot_at(self, tick: int) -> int:
        offset: int = self.header.slots_offset + tick % self.header.slot_count * layout.SLOT_BYTES
        return offset

    def reader(self, **options: Any) -> FrameBusReader:
        return FrameBusReader(self.path, **options)

    def __enter__(self) -> "RecordedBus":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
        shutil.rmtree(self.directory)


class LiveBus:
    """The real committer in a process of its own: `step` on a clock that the test moves, or `live` on the system's."""

    _made = 0

    def __init__(self, mode: str = "step", prefix: Optional[str] = None, seconds: int = 30) -> None:
        LiveBus._made += 1
        self.prefix = prefix or f"rvpy-{os.getpid()}-{LiveBus._made}"
        words = [golden_program(), mode, SHARED_MEMORY, self.prefix] + ([str(seconds)] if mode == "live" else [])
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.path = ""
        self.first = 0
        self.where = self._answer()
        self.path = self.where["path"]
        self.first = self.where["first"]

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"golden_bus ended with {self.process.wait()}")
        return json.loads(line)

    def tell(self, *words: Any) -> Any:
        """Gives an order and answers what was said to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def reader(self, **options: Any) -> FrameBusReader:
        return FrameBusReader(self.path, **options)

    def end(self) -> int:
        """The end as an engine makes it."""
        assert self.process.stdin is not None
        if not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def __enter__(self) -> "LiveBus":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        if self.path:
            for kind in ("", ".pictures", ".readers"):
                Path(self.path + kind).unlink(missing_ok=True)


def lease_of(result: Any) -> FrameLease:
    """For ticks that must be there."""
    assert isinstance(result, FrameLease), f"{result} is no lease"
    return result


def pixel_of(tick: int, plane: int, y: int, x: int) -> int:
    """What golden_bus paints."""
    return (tick * 7 + plane * 31 + y * 3 + x) % 256


def row_of(tick: int, plane: int, y: int, count: int) -> bytes:
    return bytes(pixel_of(tick, plane, y, x) for x in range(count))


@contextmanager
def at_fence(number: int, action: Callable[[], Any]) -> Iterator[List[int]]:
    """
    Lets `action` happen at the `number`th fence from now on, counted from 1: the moments between two steps of a
    reader, at which a writer may have got anywhere. Yields a list whose length says how many fences there were.
    """
    real = memory.fence
    passed: List[int] = []

    def fence() -> None:
        passed.append(1)
        if len(passed) == number:
            action()
        real()

    memory.fence = fence
    try:
        yield passed
    finally:
        memory.fence = real


def python_environment() -> Dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
