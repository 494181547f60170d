"""Whatever lies where a bus should be: it is refused with a reason, and never crashes the program."""

from __future__ import annotations

import fcntl
import os
import struct
import unittest
from typing import Any, Callable

from retrovue_framebus import BusError, BusIncompatible, BusNotFound, FrameBusReader, layout, list_buses, memory
from retrovue_framebus.reader import _AT

from .support import RecordedBus, lease_of


def put(form: str, offset: int, value: Any) -> Callable[[bytearray], Any]:
    return lambda control: struct.pack_into("<" + form, control, offset, value)


def cut(size: int) -> Callable[[bytearray], Any]:
    def change(control: bytearray) -> None:
        del control[size:]

    return change


class Opening(unittest.TestCase):
    def assert_refused(self, error: type, words: str, change: Callable[[bytearray], Any]) -> None:
        with RecordedBus(change=change) as recorded:
            with self.assertRaisesRegex(error, words):
                recorded.reader()

    def test_truncated_object_is_incompatible(self) -> None:
        for size in (0, 1, 4095):
            self.assert_refused(BusIncompatible, "too short", cut(size))
        for size in (4096, 1_000_000, 1_708_031):
            self.assert_refused(BusIncompatible, "truncated", cut(size))
        self.assert_refused(BusIncompatible, "truncated", lambda control: control.extend(b"\0"))

    def test_foreign_magic_is_incompatible(self) -> None:
        self.assert_refused(BusIncompatible, "not a frame bus", put("I", 0, 0x46464952))

    def test_other_layout_version_is_named(self) -> None:
        self.assert_refused(BusIncompatible, "layout version 2; this package reads 1", put("I", 4, 2))

    def test_every_turned_byte_of_the_constant_header_is_refused_or_harmless(self) -> None:
        # The picture's own colours, ids and the like may be anything; sizes, counts and offsets may not.
        with RecordedBus() as recorded, open(recorded.path, "r+b", buffering=0) as control:
            for at in range(448):
                was = os.pread(control.fileno(), 1, at)
                os.pwrite(control.fileno(), bytes((was[0] ^ 0xFF,)), at)
                try:
                    with recorded.reader(name=None) as bus:
                        frame = bus.next(0)
                        for plane in getattr(frame, "planes", ()):
                            plane.tobytes()
                        if hasattr(frame, "sound"):
                            frame.sound()
                except BusError:
                    pass
                os.pwrite(control.fileno(), was, at)
            # All are as they were.
            with recorded.reader() as bus:
                lease_of(bus.next(0))

    def test_sections_out_of_line_are_incompatible(self) -> None:
        h, f = layout.HEADER.offsets, layout.FORMAT.offsets
        for name in ("slots", "assets", "ancillary", "audio", "generations", "slate", "black"):
            at = h[f"{name}_offset"]
            for wrong in (0, 4096 + 32):
                with self.subTest(section=name, offset=wrong):
                    self.assert_refused(BusIncompatible, "section", put("Q", at, wrong))
        for field, form, wrong in (("plane_offset", "Q", 8), ("plane_stride", "I", 63), ("picture_bytes", "Q", 12_000)):
            with self.subTest(field=field):
                self.assert_refused(BusIncompatible, "plane|picture", put(form, h["format"] + f[field], wrong))

    def test_dead_engines_bus_is_not_found(self) -> None:
        with RecordedBus() as recorded:
            recorded.unlock()
            with self.assertRaisesRegex(BusNotFound, "dead engine"):
                recorded.reader()
            # Another reader's read lock is no sign of life.
            recorded.lock(fcntl.F_RDLCK)
            with self.assertRaisesRegex(BusNotFound, "dead engine"):
                recorded.reader()

    def test_closed_bus_is_not_found(self) -> None:
        self.assert_refused(BusNotFound, "dead", put("I", _AT["state"], 2))

    def test_pictures_of_another_bus_are_not_taken(self) -> None:
        self.assert_refused(BusNotFound, "being replaced", put("Q", _AT["pictures_inode"], 1))

    def test_truncated_pictures_are_incompatible(self) -> None:
        with RecordedBus() as recorded:
            os.truncate(f"{recorded.path}.pictures", 8192)
            with self.assertRaises(BusIncompatible):
                recorded.reader()

    def test_links_folders_and_nothing_are_refused(self) -> None:
        with RecordedBus() as recorded:
            link = recorded.path + "0"
            os.symlink(recorded.path, link)
            with self.assertRaises(BusIncompatible):
                FrameBusReader(link)
            os.unlink(link)
            os.mkdir(link)
            with self.assertRaises(BusIncompatible):
                FrameBusReader(link)
            os.rmdir(link)
            os.mkfifo(link)
            with self.assertRaises(BusIncompatible):
                FrameBusReader(link)
            os.unlink(link)
            with self.assertRaises(BusNotFound):
                FrameBusReader(link)

    def test_refused_opening_leaves_no_descriptor(self) -> None:
        def count() -> int:
            return len(os.listdir("/proc/self/fd"))

        with RecordedBus(change=put("I", 4, 2)) as recorded:
            before = count()
            for _ in range(10):
                with self.assertRaises(BusIncompatible):
                    recorded.reader()
            self.assertEqual(count(), before)

    def test_closing_gives_back_descriptors_and_mappings(self) -> None:
        def mappings(path: str) -> int:
            with open("/proc/self/maps", encoding="utf-8") as maps:
                return sum(path in line for line in maps)

        with RecordedBus() as recorded:
            own = mappings(recorded.path)
            descriptors = len(os.listdir("/proc/self/fd"))
            for _ in range(10):
                with recorded.reader() as bus:
                    bus.next(0)
                    self.assertEqual(mappings(recorded.path), own + 2)
                del bus
            self.assertEqual(mappings(recorded.path), own)
            self.assertEqual(len(os.listdir("/proc/self/fd")), descriptors)

    def test_machines_without_a_frame_bus_are_told(self) -> None:
        from retrovue_framebus import objects

        real = objects.supported
        objects.supported = lambda: False
        try:
            with RecordedBus() as recorded, self.assertRaisesRegex(BusError, "Linux"):
                recorded.reader()
        finally:
            objects.supported = real
        self.assertTrue(memory.supported())


class Listing(unittest.TestCase):
    def test_buses_are_listed_with_their_state(self) -> None:
        with RecordedBus() as recorded:
            with open(os.path.join(recorded.directory, "retrovue.east.ch8"), "wb") as file:
                file.write(b"nonsense")
            with open(os.path.join(recorded.directory, "retrovue.east.ch9x"), "wb"):
                pass
            live, foreign = list_buses(recorded.directory)
            self.assertEqual((live.engine_id, live.channel_id, live.state), ("east", 7, "live"))
            self.assertEqual(live.head - live.oldest, 14)
            self.assertEqual(live.memory_bytes, 1_708_032 + 221_184)
            assert live.format is not None
            self.assertEqual(live.format.pixel_format, "yuv420p")
            self.assertEqual((foreign.channel_id, foreign.state, foreign.format), (8, "incompatible", None))
            recorded.unlock()
            self.assertEqual(list_buses(recorded.directory)[0].state, "dead")
            self.assertEqual(list_buses(recorded.directory, "other"), [])
            self.assertEqual(list_buses(recorded.directory + "/none"), [])
