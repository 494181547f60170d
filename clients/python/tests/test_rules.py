"""
The rules of the bus, one step at a time: at each fence of a reader, a writer gets anywhere it could get to.

Every test here must fail for at least one mutant of `mutants.py`.
"""

from __future__ import annotations

import unittest
from typing import Any, Callable, List, Tuple
from unittest import mock

from retrovue_framebus import BusIncompatible, BusStale, FrameLease, Overrun, Verdict, layout, memory
from retrovue_framebus.memory import Memory
from retrovue_framebus.reader import _AT

from .support import RecordedBus, at_fence, lease_of

_SLOT = layout.SLOT.offsets
#: More steps than any read has.
STEPS = 16


def lap(recorded: RecordedBus, tick: int, retire: bool = True) -> None:
    """The writer comes round: `tick`'s place gets the tick of one turn later, its buffer new pixels."""
    at = recorded.slot_at(tick)
    later = tick + recorded.header.slot_count
    if retire:
        recorded.store("q", _AT["oldest_tick"], tick + 1)
    generation_at = recorded.header.generations_offset + recorded.load("I", at + _SLOT["buffer"]) * 8
    recorded.store("Q", generation_at, recorded.load("Q", generation_at) + 1)
    recorded.store("Q", at, recorded.load("Q", at) + 2)
    recorded.store("q", at + _SLOT["tick"], later)
    recorded.store("Q", at + _SLOT["plan_revision"], 99)
    recorded.store("q", at + _SLOT["source_index"], 99)


def half(recorded: RecordedBus, tick: int) -> None:
    """The writer is in the middle of the place, and has not come to the tick yet."""
    at = recorded.slot_at(tick)
    recorded.store("Q", at, recorded.load("Q", at) | 1)
    recorded.store("Q", at + _SLOT["plan_revision"], 99)


class Slots(unittest.TestCase):
    def assert_old_or_overrun(self, result: Any, tick: int) -> None:
        if isinstance(result, FrameLease):
            self.assertEqual((result.tick, result.meta.plan_revision), (tick, 7), "a torn slot was returned")
        else:
            self.assertIsInstance(result, Overrun)

    def every_step(self, write: Callable[[RecordedBus, int], None]) -> int:
        """How many of the steps ended in an overrun."""
        overruns = 0
        for step in range(1, STEPS):
            with RecordedBus() as recorded, recorded.reader() as bus:
                tick = bus.oldest() + 3
                with at_fence(step, lambda: write(recorded, tick)):
                    result = bus.at(tick, 0)
                self.assert_old_or_overrun(result, tick)
                overruns += isinstance(result, Overrun)
        return overruns

    def test_reader_lapped_at_any_step_never_sees_another_tick(self) -> None:
        self.assertGreaterEqual(self.every_step(lap), 4)

    def test_reader_lapped_before_the_retiring_is_seen_never_sees_another_tick(self) -> None:
        # A weak memory may show the slot's new words before the new oldest tick.
        self.assertGreaterEqual(self.every_step(lambda r, t: lap(r, t, retire=False)), 4)

    def test_reader_overtaken_in_mid_slot_never_sees_half_of_it(self) -> None:
        self.assertGreaterEqual(self.every_step(half), 4)

    def test_slot_that_is_being_written_is_an_overrun_at_once(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest() + 3
            half(recorded, tick)
            self.assertIsInstance(bus.at(tick, 0), Overrun)

    def test_retired_tick_is_an_overrun_though_its_slot_is_whole(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            retired = bus.oldest() - 1
            self.assertEqual(recorded.load("q", recorded.slot_at(retired) + _SLOT["tick"]), retired)
            self.assertIsInstance(bus.at(retired, 0), Overrun)

    def test_slot_that_makes_no_sense_is_refused(self) -> None:
        wrong: List[Tuple[str, str, int]] = [
            ("I", "buffer", 18),
            ("Q", "plane_offset", 12288),
            ("I", "sample_count", 192_513),
            ("I", "ancillary_bytes", 1025),
            ("I", "asset_index", 20),
        ]
        for form, field, value in wrong:
            with self.subTest(field), RecordedBus() as recorded, recorded.reader() as bus:
                recorded.store(form, recorded.slot_at(bus.head()) + _SLOT[field], value)
                with self.assertRaises(BusIncompatible):
                    bus.next(0)


class Assets(unittest.TestCase):
    def asset_at(self, recorded: RecordedBus, tick: int) -> int:
        index = recorded.load("I", recorded.slot_at(tick) + _SLOT["asset_index"])
        offset: int = recorded.header.assets_offset + index * layout.ASSET_BYTES
        return offset

    def test_asset_reused_at_any_step_is_never_told_as_the_ticks(self) -> None:
        overruns = 0
        for step in range(1, STEPS):
            for odd in (0, 1):
                with RecordedBus() as recorded, recorded.reader() as bus:
                    tick = bus.oldest() + 3
                    at = self.asset_at(recorded, tick)

                    def reuse() -> None:
                        recorded.store("q", _AT["oldest_tick"], tick + 1)
                        recorded.store("Q", at, recorded.load("Q", at) + 2 - odd)
                        recorded.store("9s", at + layout.ASSET.offsets["uri"], b"file:///x")

                    with at_fence(step, reuse):
                        result = bus.at(tick, 0)
                    if isinstance(result, FrameLease):
                        self.assertEqual(result.meta.asset.uri, "file:///media/a.mkv")
                    else:
                        overruns += 1
        self.assertGreaterEqual(overruns, 8)

    def test_asset_entry_older_than_the_slot_says_is_nonsense_and_a_newer_one_an_overrun(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest() + 3
            named = recorded.slot_at(tick) + _SLOT["asset_generation"]
            generation = recorded.load("I", named)
            recorded.store("I", named, generation + 2)
            with self.assertRaises(BusIncompatible):
                bus.at(tick, 0)
            recorded.store("I", named, generation - 2 & 0xFFFFFFFF)
            self.assertIsInstance(bus.at(tick, 0), Overrun)

    def test_known_asset_is_read_anew_when_its_entry_is(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest()
            self.assertEqual(lease_of(bus.at(tick, 0)).meta.asset.title, "A")
            at = self.asset_at(recorded, tick)
            generation = recorded.load("Q", at) + 2
            recorded.store("Q", at, generation)
            recorded.store("1s", at + layout.ASSET.offsets["title"], b"B")
            recorded.store("I", recorded.slot_at(tick) + _SLOT["asset_generation"], generation)
            self.assertEqual(lease_of(bus.at(tick, 0)).meta.asset.title, "B")


class PicturesAndSound(unittest.TestCase):
    def test_buffer_lent_again_before_release_is_told(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest()
            kept, torn = lease_of(bus.at(tick, 0)), lease_of(bus.at(tick, 0))
            self.assertIs(kept.release(), Verdict.INTACT)
            with at_fence(1, lambda: lap(recorded, tick)):
                self.assertIs(torn.release(), Verdict.OVERWRITTEN)
            self.assertIs(torn.release(), Verdict.OVERWRITTEN)
            # Judged when it was released; what happened later does not matter.
            self.assertIs(kept.release(), Verdict.INTACT)

    def test_long_hold_outlives_its_slot(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest()
            held = lease_of(bus.at(tick, 0))
            recorded.store("q", _AT["oldest_tick"], tick + 5)
            half(recorded, tick)
            self.assertIs(held.release(), Verdict.INTACT)

    def test_reserved_pictures_are_always_intact(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            slates = [lease_of(bus.at(t, 0)) for t in range(bus.oldest(), bus.head())]
            slates = [lease for lease in slates if lease.meta.stand_in in ("slate", "black")]
            self.assertEqual(len(slates), 2)
            for i in range(recorded.header.buffer_count):
                recorded.store("Q", recorded.header.generations_offset + i * 8, 1 << 40)
            self.assertEqual({lease.release() for lease in slates}, {Verdict.INTACT})

    def test_sound_that_may_be_overwritten_is_told(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            lease = lease_of(bus.at(bus.oldest(), 0))
            end = lease.sample_start + recorded.header.audio_samples
            recorded.store("Q", _AT["audio_reserved"], end)
            self.assertIs(lease.sound().verdict, Verdict.INTACT)
            with at_fence(1, lambda: recorded.store("Q", _AT["audio_reserved"], end + 1)):
                self.assertIs(lease.sound().verdict, Verdict.OVERWRITTEN)


class Mapping(unittest.TestCase):
    def test_mapping_is_never_half_of_two(self) -> None:
        at = _AT["mapping"]
        house = at + layout.MAPPING.offsets["house_anchor"]
        sequence = at + layout.MAPPING.offsets["sequence"]
        for step in (1, 2):
            with RecordedBus() as recorded, recorded.reader() as bus:
                before = bus.mapping()

                def change() -> None:
                    recorded.store("Q", at, recorded.load("Q", at) + 2)
                    recorded.store("q", house, 5)
                    recorded.store("Q", sequence, before.sequence + 1)

                with at_fence(step, change):
                    after = bus.mapping()
                self.assertEqual((after.sequence, after.house_anchor), (before.sequence + 1, 5))

    def test_mapping_of_an_engine_killed_in_mid_change_is_stale(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            recorded.store("Q", _AT["mapping"], recorded.load("Q", _AT["mapping"]) + 1)
            with self.assertRaises(BusStale):
                bus.mapping()

    def test_house_time_never_steps_back(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            before = bus.now()
            recorded.store("q", _AT["mapping"] + layout.MAPPING.offsets["house_anchor"], before - 1000)
            self.assertEqual(bus.now(), before)
            recorded.store("q", _AT["mapping"] + layout.MAPPING.offsets["house_anchor"], before + 1000)
            self.assertEqual(bus.now(), before + 1000)


class OrderOfLoads(unittest.TestCase):
    """Which guarding words are loaded around which fences. On x86-64 nothing else would show a missing fence."""

    def log_of(self, call: Callable[[], Any], names: "dict[int, str]") -> List[str]:
        log: List[str] = []

        def logging(method: str) -> Any:
            real = getattr(Memory, method)

            def load(self: Memory, offset: int) -> int:
                if offset in names:
                    log.append(names[offset])
                value: int = real(self, offset)
                return value

            return mock.patch.object(Memory, method, load)

        with logging("u32"), logging("u64"), logging("i64"):
            with mock.patch.object(memory, "fence", lambda: log.append("|")):
                call()
        return log

    def test_reading_a_tick(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            tick = bus.oldest() + 3
            asset_at = Assets().asset_at(recorded, tick)
            names = {
                _AT["futex_word"]: "word",
                _AT["head_tick"]: "head",
                _AT["oldest_tick"]: "oldest",
                recorded.slot_at(tick): "slot",
                asset_at: "asset",
            }
            log = self.log_of(lambda: bus.at(tick, 0), names)
            expected = "word | head | oldest | slot | | slot asset | | asset"
            self.assertEqual(" ".join(log), expected)

    def test_judging_pixels_and_samples(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            lease = lease_of(bus.at(bus.oldest(), 0))
            buffer = int(lease.picture_id.split(".")[0])
            names = {recorded.header.generations_offset + buffer * 8: "generation", _AT["audio_reserved"]: "reserved"}
            self.assertEqual(self.log_of(lease.sound, names), ["|", "reserved"])
            self.assertEqual(self.log_of(lease.release, names), ["|", "generation"])

    def test_mapping(self) -> None:
        with RecordedBus() as recorded, recorded.reader() as bus:
            log = self.log_of(bus.mapping, {_AT["mapping"]: "guard"})
            self.assertEqual(" ".join(log), "guard | | guard")

    def test_fence_works_where_the_system_call_is_refused(self) -> None:
        with mock.patch.object(memory, "_membarrier_call", 1_000_000):
            with mock.patch.object(memory, "_hand_over_lock", wraps=memory._hand_over_lock) as handed:
                memory.fence()
        self.assertEqual(handed.call_count, 1)
        with mock.patch.object(memory, "_hand_over_lock") as handed:
            memory.fence()
        self.assertEqual(handed.call_count, 0, "membarrier(2) was refused here; the fallback is in use")
