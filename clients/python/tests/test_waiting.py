"""Waits are bounded, whatever happens meanwhile; both ways of sleeping."""

from __future__ import annotations

import threading
import time
import unittest
from typing import Any
from unittest import mock

from retrovue_framebus import BusStale, BusTimeout, FrameLease, layout, memory, reader, waiting
from retrovue_framebus.reader import _AT

from .support import RecordedBus, lease_of

MODES = ("futex", "poll")


class Waiting(unittest.TestCase):
    def test_wait_ends_by_its_timeout_and_not_before(self) -> None:
        for mode in MODES:
            for timeout in (0, 0.001, 0.05, 0.25):
                with self.subTest(mode=mode, timeout=timeout), RecordedBus() as recorded:
                    with recorded.reader(wait=mode) as bus:
                        head = bus.head()
                        began = time.monotonic_ns()
                        with self.assertRaisesRegex(TimeoutError, f"Tick {head + 1} was not committed"):
                            bus.at(head + 1, timeout)
                        self.assertGreaterEqual(time.monotonic_ns() - began, int(timeout * 1e9))
                        # The reader goes on as if nothing had been asked.
                        self.assertEqual(lease_of(bus.next(0)).tick, head)
                        with self.assertRaises(BusTimeout):
                            bus.next(0)

    def test_unbounded_waits_are_refused(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            for timeout in (-1, float("inf"), float("nan")):
                with self.assertRaises(ValueError):
                    bus.next(timeout)
            with self.assertRaises(ValueError):
                bus.at(-1)
            with self.assertRaises(ValueError):
                recorded.reader(wait="hope")

    def test_commit_between_look_and_sleep_is_not_slept_through(self) -> None:
        with RecordedBus() as recorded, recorded.reader(wait="futex") as bus:
            head = bus.head()
            seen = bus._waiter.word()
            recorded.store("q", _AT["head_tick"], head + 1)
            recorded.store("I", _AT["futex_word"], seen + 1)
            # Raised, but nobody wakes: the wait must see by the word alone that it need not sleep.
            far = memory.mono_now() + 3_600_000_000_000
            bus._waiter.sleep(seen, far)
            self.assertLess(memory.mono_now(), far)

    def test_waiting_reader_sees_what_another_thread_stores(self) -> None:
        for mode in MODES:
            with self.subTest(mode), RecordedBus() as recorded, recorded.reader(wait=mode) as bus:
                head = bus.head()
                # What tick head + 1 will be: the newest, one later.
                at, to = recorded.slot_at(head), recorded.slot_at(head + 1)
                assert recorded.memory is not None
                result: Any = []
                waiter = threading.Thread(target=lambda: result.append(bus.at(head + 1, 10)))
                waiter.start()
                recorded.memory[to : to + 512] = recorded.memory[at : at + 512]
                recorded.store("q", to + 8, head + 1)
                recorded.store("q", _AT["oldest_tick"], bus.oldest() + 1)
                recorded.store("q", _AT["head_tick"], head + 1)
                recorded.store("I", _AT["futex_word"], recorded.load("I", _AT["futex_word"]) + 1)
                waiter.join()
                self.assertIsInstance(result[0], FrameLease)
                self.assertEqual(result[0].tick, head + 1)

    def test_system_without_futex_is_polled(self) -> None:
        with mock.patch.object(waiting, "futex_wait", lambda *_: False):
            with RecordedBus() as recorded:
                with recorded.reader() as bus, self.assertRaises(BusTimeout):
                    bus.at(bus.head() + 1, 0.02)
                with recorded.reader(wait="futex") as bus, self.assertRaises(OSError):
                    bus.at(bus.head() + 1, 0.02)

    def test_refused_futex_is_told_from_a_quiet_one(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            word = bus._control.address_of(_AT["futex_word"])
            seen = bus._waiter.word()
            self.assertTrue(memory.futex_wait(word, seen, memory.mono_now() + 1000))
            self.assertTrue(memory.futex_wait(word, seen + 1, memory.mono_now() + 10**12))
            # An address that is none for a futex (EINVAL) stands for a system that has none.
            self.assertFalse(memory.futex_wait(word + 1, seen, memory.mono_now() + 1000))

    def test_dead_heart_ends_a_wait(self) -> None:
        # The recorded bus has its lock, and no engine that raises the heartbeat.
        for mode in MODES:
            with self.subTest(mode), RecordedBus() as recorded, recorded.reader(wait=mode) as bus:
                with self.assertRaisesRegex(BusStale, "heart"):
                    bus.at(bus.head() + 1, 5)

    def test_halt_of_the_machine_is_one_missed_heartbeat(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            halted = memory.mono_now()
            for looks in range(1, layout.HEARTBEATS_MISSED + 1):
                with mock.patch.object(reader, "mono_now", lambda: halted + looks * 10**12):
                    if looks < layout.HEARTBEATS_MISSED:
                        bus.check()
                        continue
                    with self.assertRaisesRegex(BusStale, "heart"):
                        bus.check()

    def test_freed_lock_ends_a_wait(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            recorded.unlock()
            with self.assertRaisesRegex(BusStale, "engine is gone"):
                bus.at(bus.head() + 1, 5)

    def test_closing_ends_a_wait(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            recorded.store("I", _AT["state"], 2)
            for call in (bus.next, bus.check):
                with self.assertRaisesRegex(BusStale, "closed"):
                    call()
