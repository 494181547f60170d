"""Pixels without a copy, read-only, and never a crash."""

from __future__ import annotations

import gc
import unittest
from array import array

from retrovue_framebus import BusClosed, BusError, Verdict

from .support import RecordedBus, golden_bytes, lease_of, row_of

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]


class Views(unittest.TestCase):
    def test_view_shows_the_bus_itself(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            with lease_of(bus.at(bus.oldest(), 0)) as frame:
                self.assertEqual(bytes(frame.planes[0].row(2)), row_of(frame.tick, 0, 2, 34))
                at = int(frame.picture_id.split(".")[0]) * bus._slots._f.picture_bytes
                with open(f"{recorded.path}.pictures", "r+b", buffering=0) as pictures:
                    pictures.seek(at)
                    pictures.write(b"\xee")
                self.assertEqual(frame.planes[0].data[0], 0xEE)

    def test_storing_to_a_view_raises(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            frame = lease_of(bus.next(0))
            with self.assertRaises(TypeError):
                frame.planes[0].data[0] = 1
            with self.assertRaises(TypeError):
                frame.planes[0].row(0)[0] = 1

    def test_planes_end_with_their_rows(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            y, u, v = lease_of(bus.next(0)).planes
            self.assertEqual((len(y.data), len(u.data), len(v.data)), (64 * 17 + 34, 64 * 8 + 17, 64 * 8 + 17))
            self.assertEqual(len(y.row(17)), 34)
            for row in (-1, 18):
                with self.assertRaises(IndexError):
                    y.row(row)

    def test_released_view_says_so(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            frame = lease_of(bus.next(0))
            plane = frame.planes[0]
            frame.release()
            with self.assertRaises(ValueError):
                plane.data[0]
            with self.assertRaises(BusClosed):
                frame.sound()

    def test_view_kept_beyond_reader_and_bus_does_not_crash(self) -> None:
        with RecordedBus() as recorded:
            bus = recorded.reader()
            frame = lease_of(bus.next(0))
            row = frame.planes[0].row(0)
            tick = frame.tick
            bus.close()
            self.assertIs(frame.release(), Verdict.INTACT)
            del bus, frame
        gc.collect()
        self.assertEqual(bytes(row), row_of(tick, 0, 0, 34))

    def test_closed_reader_says_so(self) -> None:
        with RecordedBus() as recorded:
            bus = recorded.reader()
            bus.close()
            bus.close()
            for call in (bus.next, bus.head, bus.oldest, bus.mapping, bus.now, bus.check, bus.counters):
                with self.assertRaises(BusClosed):
                    call()

    def test_sound_is_copied_where_it_is_wanted(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            frame = lease_of(bus.next(0))
            whole = frame.sound().channels
            into = [array("f", [9.0] * (frame.samples + 7)) for _ in range(2)]
            self.assertIs(frame.copy_sound(into, 5), Verdict.INTACT)
            for target, channel in zip(into, whole):
                self.assertEqual(list(target[:5]), [9.0] * 5)
                self.assertEqual(target[5:-2], channel)
                self.assertEqual(list(target[-2:]), [9.0] * 2)
            short = array("f", [0.0] * (frame.samples - 1))
            for wrong in ([into[0]], [short, short], [array("d", [0.0] * 4000)] * 2, [bytes(16000)] * 2):
                with self.assertRaises(ValueError):
                    frame.copy_sound(wrong)
            with self.assertRaises(ValueError):
                frame.copy_sound(into, -1)

    def test_golden_stays_as_it_was(self) -> None:
        # Reading stores nothing: the object is the recorded one, byte for byte, but for its inode.
        with RecordedBus() as recorded:
            with recorded.reader() as bus:
                for tick in range(bus.oldest(), bus.head() + 1):
                    lease_of(bus.at(tick, 0)).sound()
            with open(recorded.path, "rb") as file:
                now = bytearray(file.read())
            now[48:56] = bytes(8)
            self.assertEqual(now, golden_bytes("programme", "control"))


if numpy is not None:

    class ViewsForNumpy(unittest.TestCase):
        def test_numpy_view_is_read_only_and_no_copy(self) -> None:
            with RecordedBus() as recorded, recorded.reader() as bus:
                frame = lease_of(bus.at(bus.oldest(), 0))
                luma, chroma = frame.planes[0].array(), frame.planes[1].array()
                self.assertEqual((luma.shape, luma.strides, chroma.shape), ((18, 34), (64, 1), (9, 17)))
                self.assertFalse(luma.flags.owndata)
                self.assertTrue(numpy.shares_memory(luma, numpy.frombuffer(bus._slots._pictures.view, "u1")))
                with self.assertRaises(ValueError):
                    luma[0, 0] = 1
                with self.assertRaises(ValueError):
                    luma.flags.writeable = True
                self.assertEqual(luma[3].tobytes(), row_of(frame.tick, 0, 3, 34))
                # An array outlives the lease without a crash; the verdict says whether it may be believed.
                self.assertIs(frame.release(), Verdict.INTACT)
                self.assertEqual(luma[3].tobytes(), row_of(frame.tick, 0, 3, 34))

        def test_interleaved_and_deep_planes_have_their_shape(self) -> None:
            with RecordedBus("epoch") as recorded, recorded.reader() as bus:
                luma, chroma = (plane.array() for plane in lease_of(bus.next(0)).planes)
                self.assertEqual((luma.shape, luma.dtype.str, luma.strides), ((11, 21), "<u2", (128, 2)))
                self.assertEqual((chroma.shape, chroma.strides), ((6, 11, 2), (128, 4, 2)))

        def test_sound_goes_into_numpy_arrays(self) -> None:
            with RecordedBus() as recorded, recorded.reader() as bus:
                frame = lease_of(bus.next(0))
                into = numpy.zeros((2, frame.samples), "f4")
                self.assertIs(frame.copy_sound(into), Verdict.INTACT)
                self.assertEqual(into[1].tobytes(), frame.sound().channels[1].tobytes())

else:

    class ViewsWithoutNumpy(unittest.TestCase):
        def test_without_numpy_arrays_are_refused_with_words(self) -> None:
            with RecordedBus() as recorded, recorded.reader() as bus:
                with self.assertRaisesRegex(BusError, "numpy"):
                    lease_of(bus.next(0)).planes[0].array()
