"""The example in examples/python-reader, as people run it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib
from typing import List, Tuple

from .support import ROOT, LiveBus, RecordedBus, lease_of, pixel_of, python_environment

EXAMPLE = ROOT / "examples" / "python-reader"


def run_example(*words: str) -> "subprocess.CompletedProcess[str]":
    flags = ["-S"] if sys.flags.no_site else []
    command = [sys.executable, *flags, str(EXAMPLE / "read_pictures.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, env=python_environment())


def read_png(path: str) -> Tuple[int, int, List[bytes]]:
    """Width, height and lines of an RGB picture without filters; checks every chunk's sum."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks = {}
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + size
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    pixels = zlib.decompress(chunks[b"IDAT"])
    line = 1 + 3 * width
    return width, height, [pixels[y * line + 1 : (y + 1) * line] for y in range(height)]


class Example(unittest.TestCase):
    def test_live_pictures_are_followed_and_one_is_written(self) -> None:
        with LiveBus("live") as live, tempfile.TemporaryDirectory() as folder:
            png = os.path.join(folder, "picture.png")
            done = run_example("east", "7", "--prefix", live.prefix, "--ticks", "40", "--png", png, "--patience", "60")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"tick \d+  № \d+  frame \d+  \d+\.\d\d fps\n")
            written = int(done.stdout.split(" written to ")[0].rsplit(" ", 1)[1])
            width, height, lines = read_png(png)
            self.assertEqual((width, height), (160, 90))
            # BT.709, limited range, from the numbers that the writer painted at (30, 20).
            y, cb, cr = pixel_of(written, 0, 20, 30), pixel_of(written, 1, 10, 15), pixel_of(written, 2, 10, 15)
            luma = (y - 16) * 255 / 219
            red = luma + (cr - 128) * 255 / 224 * 1.5748
            blue = luma + (cb - 128) * 255 / 224 * 1.8556
            shown = lines[20][90:93]
            self.assertEqual((shown[0], shown[2]), (_byte(red), _byte(blue)))

    def test_nothing_to_read_is_said(self) -> None:
        done = run_example("nobody", "1", "--prefix", f"rvpy-{os.getpid()}-none", "--patience", "0")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("There is no", done.stderr)

    def test_deep_interleaved_pictures_are_written_too(self) -> None:
        sys.path.insert(0, str(EXAMPLE))
        try:
            from png import write_png
        finally:
            sys.path.pop(0)
        with RecordedBus("epoch") as recorded, recorded.reader() as bus, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "picture.png")
            frame = lease_of(bus.at(5, 0))
            self.assertEqual(frame.meta.stand_in, "black")
            write_png(path, bus.format, frame.planes, 10)
            width, height, lines = read_png(path)
            self.assertEqual((width, height), (7, 4))
            self.assertEqual(set(lines), {bytes(21)})


def _byte(value: float) -> int:
    return min(max(round(value), 0), 255)
