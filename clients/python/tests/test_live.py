"""The real committer in another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from typing import Any, List

from retrovue_framebus import BusNotFound, BusStale, FrameBusReader, FrameLease, Overrun, Verdict, list_buses
from retrovue_framebus import readers_of

from .support import SHARED_MEMORY, LiveBus, lease_of, python_environment, row_of

#: Long enough for any machine; ends early as soon as there is something.
PATIENCE = 60


class Live(unittest.TestCase):
    def test_every_tick_of_a_running_channel_is_read_in_order(self) -> None:
        with LiveBus("live") as live, live.reader(name="pixels") as bus:
            # Ticks come up to a lead ahead of their time, and one every 33 ms.
            tick = lease_of(bus.at(live.first, PATIENCE)).tick
            for _ in range(30):
                frame: Any = bus.next(PATIENCE)
                if isinstance(frame, Overrun):
                    # On a machine this busy the reader was lapped; it is told, and goes on.
                    tick = frame.oldest - 1
                    continue
                self.assertEqual(frame.tick, tick + 1)
                tick += 1
                uri, rows = frame.meta.asset.uri, [bytes(plane.row(7)) for plane in frame.planes]
                sound = frame.sound()
                if frame.meta.lane == 0:
                    continue  # A stand-in: the worker was late.
                self.assertEqual(uri, f"file:///media/{tick}.mkv")
                if frame.release() is Verdict.INTACT:
                    self.assertEqual(rows, [row_of(tick, p, 7, 160 if p == 0 else 80) for p in range(3)])
                if sound.verdict is Verdict.INTACT and frame.meta.silent_samples == 0:
                    meant = (frame.sample_start % 1000 + 1) / 1024
                    self.assertEqual((sound.channels[0][0], sound.channels[1][0]), (meant, -meant))

    def test_frame_is_shown_when_the_clock_says(self) -> None:
        with LiveBus("live") as live, live.reader() as bus:
            frame = lease_of(bus.at(live.first, PATIENCE))
            self.assertEqual(frame.time, bus.format.tick_time(frame.tick))
            on_air = bus.format.tick_at_or_before(bus.now())
            self.assertLessEqual(bus.head() - bus.lead_ticks, on_air + 1)
            mono = bus.mapping().mono_at(frame.time)
            assert mono is not None
            self.assertGreaterEqual(bus.mapping().house_at(mono), frame.time)
            self.assertLess(bus.mapping().house_at(mono - 1), frame.time)

    def test_picture_drawn_over_while_a_view_is_held_is_told(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            live.tell("commit", 1)
            held = lease_of(bus.next(PATIENCE))
            row = held.planes[0].row(0)
            self.assertEqual(bytes(row), row_of(live.first, 0, 0, 160))
            live.tell("commit", 60)
            self.assertNotEqual(bytes(row), row_of(live.first, 0, 0, 160), "the buffer was not lent again")
            self.assertIs(held.release(), Verdict.OVERWRITTEN)

    def test_sound_overwritten_while_a_lease_is_held_is_told(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            live.tell("commit", 1)
            held = lease_of(bus.next(PATIENCE))
            self.assertIs(held.sound().verdict, Verdict.INTACT)
            live.tell("commit", 200)
            self.assertIs(held.sound().verdict, Verdict.OVERWRITTEN)

    def test_lapped_reader_is_told_and_resyncs(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            live.tell("commit", 1)
            lease_of(bus.next(PATIENCE))
            where = live.tell("commit", 60)
            lost = bus.next(PATIENCE)
            self.assertEqual(lost, Overrun(live.first + 1, where["oldest"], where["head"]))
            for tick in range(where["oldest"], where["head"] + 1):
                frame = lease_of(bus.next(PATIENCE))
                self.assertEqual((frame.tick, frame.meta.asset.title), (tick, f"№ {tick}"))
                self.assertIs(frame.release(), Verdict.INTACT)

    def test_hold_shows_the_same_pixels_and_the_return_says_so(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            live.tell("commit", 2)
            live.tell("standin", 2)
            live.tell("commit", 1)
            frames = [lease_of(bus.at(live.first + n, PATIENCE)) for n in range(5)]
            self.assertEqual([f.meta.stand_in for f in frames], [None, None, "slate", "slate", None])
            self.assertEqual(len({f.picture_id for f in frames}), 4)
            self.assertEqual([f.meta.discontinuity for f in frames], [False] * 4 + [True])

    def test_waiting_reader_is_woken_by_a_commit(self) -> None:
        for mode in ("futex", "poll"):
            with self.subTest(mode), LiveBus() as live, live.reader(wait=mode) as bus:
                results: List[Any] = []
                waiter = threading.Thread(target=lambda: results.append(bus.next(PATIENCE)))
                waiter.start()
                live.tell("commit", 1)
                waiter.join()
                self.assertIsInstance(results[0], FrameLease)

    def test_clock_of_the_bus_is_followed_and_clamped(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            first = bus.now()
            self.assertEqual(bus.now(), first, "the clock stands still")
            live.tell("clock", first + 10**9, 0)
            running = bus.now()
            self.assertGreaterEqual(running, first + 10**9)
            live.tell("clock", first, -(10**9))
            self.assertGreaterEqual(bus.now(), running)


class Ends(unittest.TestCase):
    def test_closed_bus_is_stale_and_leaves_nothing(self) -> None:
        live = LiveBus()
        with live, live.reader() as bus:
            live.tell("commit", 1)
            results: List[Any] = []

            def wait() -> None:
                try:
                    bus.at(live.first + 1, PATIENCE)
                except BusStale as error:
                    results.append(error)

            waiter = threading.Thread(target=wait)
            waiter.start()
            self.assertEqual(live.end(), 0)
            waiter.join()
            self.assertEqual(len(results), 1)
            with self.assertRaises(BusStale):
                bus.at(live.first)
            with self.assertRaises(BusNotFound):
                FrameBusReader(live.path)
        self.assertEqual([name for name in os.listdir(SHARED_MEMORY) if name.startswith(live.prefix)], [])

    def test_killed_engine_is_stale_and_its_bus_dead(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            live.tell("commit", 1)
            held = lease_of(bus.next(PATIENCE))
            live.kill()
            with self.assertRaisesRegex(BusStale, "engine is gone"):
                bus.next(PATIENCE)
            with self.assertRaisesRegex(BusStale, "engine is gone"):
                bus.check()
            # What is mapped stays readable: it was intact, and nobody draws on it any more.
            self.assertIs(held.release(), Verdict.INTACT)
            with self.assertRaises(BusNotFound):
                live.reader()
            self.assertEqual([bus.state for bus in list_buses(prefix=live.prefix)], ["dead"])

    def test_stopped_engine_is_stale_by_its_heart(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            os.kill(live.process.pid, signal.SIGSTOP)
            try:
                # Both are over at the latest after 5 s: death is looked for before the timeout.
                with self.assertRaisesRegex(BusStale, "heart"):
                    bus.next(5)
            finally:
                os.kill(live.process.pid, signal.SIGCONT)

    def test_replaced_bus_is_stale(self) -> None:
        # The new engine may have the lock while the old one's reader still looks: another object of the same name.
        with LiveBus() as old, old.reader() as bus:
            for kind in ("", ".pictures", ".readers"):
                os.rename(old.path + kind, f"{old.path}-gone{kind}")
            try:
                with LiveBus(prefix=old.prefix) as new:
                    self.assertEqual(new.path, old.path)
                    with self.assertRaisesRegex(BusStale, "replaced"):
                        bus.check()
                    with self.assertRaisesRegex(BusStale, "replaced"):
                        bus.next(PATIENCE)
                    with new.reader() as again:
                        self.assertNotEqual(again.run_id, bus.run_id)
                with self.assertRaisesRegex(BusStale, "removed"):
                    bus.check()
            finally:
                for kind in ("", ".pictures", ".readers"):
                    Path(f"{old.path}-gone{kind}").unlink(missing_ok=True)


class Presence(unittest.TestCase):
    def test_reader_shows_itself_and_its_cursor(self) -> None:
        with LiveBus() as live:
            live.tell("commit", 1)
            with live.reader(name="Bildwächter №1") as bus, live.reader(name=None):
                bus.next(PATIENCE)
                row = {"name": "Bildwächter №1", "pid": os.getpid(), "cursor": live.first, "overruns": 0}
                self.assertEqual(live.tell("readers"), [row])
                shown = readers_of(f"{live.path}.readers")
                self.assertEqual([(r.name, r.pid, r.cursor) for r in shown], [(row["name"], row["pid"], live.first)])
            self.assertEqual(live.tell("readers"), [])
            self.assertEqual(readers_of(f"{live.path}.readers"), [])

    def test_names_are_cut_between_characters(self) -> None:
        with LiveBus() as live, live.reader(name="ü" * 100):
            self.assertEqual(live.tell("readers")[0]["name"], "ü" * 64)

    def test_many_readers_each_have_an_entry_and_one_too_many_reads_all_the_same(self) -> None:
        with LiveBus() as live:
            live.tell("commit", 1)
            readers = [live.reader(name=f"r{n}") for n in range(65)]
            try:
                self.assertEqual([row["name"] for row in live.tell("readers")], [f"r{n}" for n in range(64)])
                self.assertEqual(lease_of(readers[64].next(PATIENCE)).tick, live.first)
            finally:
                for reader in readers:
                    reader.close()

    def test_ruined_table_hurts_no_reader(self) -> None:
        with LiveBus() as live, live.reader() as bus:
            table = f"{live.path}.readers"
            live.tell("commit", 1)
            os.truncate(table, 10)
            lease_of(bus.next(PATIENCE))
            with live.reader() as late:
                lease_of(late.next(PATIENCE))
            self.assertEqual(readers_of(table), [])
            Path(table).write_bytes(b"\xff" * 20480)
            with live.reader() as late:
                lease_of(late.next(PATIENCE))

    def test_wish_for_a_bus_that_is_not_there_is_left_in_the_table(self) -> None:
        with LiveBus() as live:
            path = f"{live.path[:-1]}8"
            table = f"{path}.readers"
            Path(table).write_bytes(Path(f"{live.path}.readers").read_bytes())
            try:
                with self.assertRaises(BusNotFound):
                    FrameBusReader(path, name="early")
                self.assertEqual(Path(table).read_bytes()[256 + 32 : 256 + 37], b"early")
                self.assertEqual(readers_of(table), [], "the wish holds no lock")
            finally:
                os.unlink(table)


class Command(unittest.TestCase):
    def run_command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        # The flags of this very run: -S stands for a Python without numpy.
        flags = ["-S"] if sys.flags.no_site else []
        command = [sys.executable, *flags, "-m", "retrovue_framebus", *words]
        return subprocess.run(command, capture_output=True, text=True, env=python_environment())

    def test_ls_stat_and_watch(self) -> None:
        with LiveBus() as live:
            live.tell("commit", 3)
            name = os.path.basename(live.path)
            listed = self.run_command("--prefix", live.prefix, "ls")
            self.assertIn(f"{name}  live  160x90 30000/1001 yuv420p 2x48000  head {live.first + 2}", listed.stdout)
            stat = self.run_command("--prefix", live.prefix, "stat", "east.ch7")
            self.assertIn("picture    160x90 yuv420p, 30000/1001 fps, limited range\n", stat.stdout)
            self.assertIn("committed  3, 3 of them by workers, 0 late; 0 refused\n", stat.stdout)
            self.assertIn(f"ticks      {live.first} to {live.first + 2}", stat.stdout)
            watched = self.run_command("watch", live.path, "--ticks", "1")
            tick = live.first + 2
            self.assertEqual(watched.stdout, f"{tick}  picture  frame {tick}  file:///media/{tick}.mkv\n")
            self.assertEqual((listed.returncode, stat.returncode, watched.returncode), (0, 0, 0))

    def test_what_is_not_there_is_said(self) -> None:
        done = self.run_command("stat", f"nobody-{os.getpid()}.ch1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("There is no", done.stderr)
        with LiveBus() as live:
            done = self.run_command("watch", live.path, "--timeout", "0.05")
            self.assertEqual(done.returncode, 2)
            self.assertIn("was not committed", done.stderr)
