"""python -m retrovue_framebus ls | stat BUS | watch BUS: looks at the frame buses of this machine."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, Optional

from .errors import BusError, BusTimeout
from .lease import FrameLease, Overrun
from .listing import list_buses
from .presence import readers_of
from .reader import DEFAULT_DIRECTORY, DEFAULT_PREFIX, FrameBusReader


def _path_of(bus: str, args: argparse.Namespace) -> str:
    """A path, the object's name (retrovue.east.ch7), or the short form (east.ch7)."""
    if "/" in bus:
        return bus
    name = bus if bus.startswith(f"{args.prefix}.") else f"{args.prefix}.{bus}"
    return os.path.join(args.directory, name)


def _ls(args: argparse.Namespace) -> int:
    for bus in list_buses(args.directory, args.prefix):
        f = bus.format
        shape = f"{f.width}x{f.height} {f.rate} {f.pixel_format} {f.channels}x{f.sample_rate}" if f else "-"
        print(f"{os.path.basename(bus.path)}  {bus.state}  {shape}  head {bus.head}  {bus.memory_bytes} bytes")
    return 0


def _stat(args: argparse.Namespace) -> int:
    path = _path_of(args.bus, args)
    with FrameBusReader(path, name=None) as bus:
        f, m, c = bus.format, bus.mapping(), bus.counters()
        print(f"bus        {path}, engine {bus.engine_id}, channel {bus.channel_id}, run {bus.run_id}")
        print(f"picture    {f.width}x{f.height} {f.pixel_format}, {f.rate} fps, {f.colour_range} range")
        print(f"sound      {f.channels} channels of {f.sample_rate} Hz")
        print(f"ticks      {bus.oldest()} to {bus.head()}; on air {f.tick_at_or_before(bus.now())}")
        print(f"clock      house {bus.now()} ns, {m.rate_ppb:+d} ppb, mapping {m.sequence}")
        print(f"committed  {c.committed}, {c.submitted} of them by workers, {c.late_commits} late; {c.refused} refused")
        print(f"stand-ins  {c.holds} hold, {c.slates} slate, {c.blacks} black")
        for reader in readers_of(f"{path}.readers"):
            print(f"reader     {reader.name} (pid {reader.pid}) at {reader.cursor}, {reader.overruns} overruns")
    return 0


def _line_of(frame: FrameLease) -> str:
    m = frame.meta
    what = f"{m.stand_in} ({m.stand_in_reason})" if m.stand_in else "picture"
    words = [str(frame.tick), what, f"frame {m.source_index}" if m.source_index is not None else "", m.asset.uri]
    marks = [name for name in ("repeat", "pad", "first_of_segment", "discontinuity", "late") if getattr(m, name)]
    return "  ".join(word for word in [*words, *marks] if word)


def _watch(args: argparse.Namespace) -> int:
    with FrameBusReader(_path_of(args.bus, args), name="python watch") as bus:
        left = args.ticks
        while left is None or left > 0:
            frame = bus.next(timeout=args.timeout)
            if isinstance(frame, Overrun):
                print(f"{frame.tick}  overrun, on at {frame.oldest}", flush=True)
                continue
            with frame:
                print(_line_of(frame), flush=True)
            left = None if left is None else left - 1
    return 0


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="retrovue_framebus", description=__doc__)
    parser.add_argument("--directory", default=DEFAULT_DIRECTORY, help="where shared memory is mounted")
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, help="how the objects' names begin")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("ls", help="which buses there are").set_defaults(run=_ls)
    stat = verbs.add_parser("stat", help="one bus in numbers")
    stat.add_argument("bus", help="a path, or a name as east.ch7")
    stat.set_defaults(run=_stat)
    watch = verbs.add_parser("watch", help="one line per tick")
    watch.add_argument("bus", help="a path, or a name as east.ch7")
    watch.add_argument("--ticks", type=int, help="end after so many")
    watch.add_argument("--timeout", type=float, default=5.0, help="seconds to wait for one")
    watch.set_defaults(run=_watch)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except BusTimeout as error:
        print(error, file=sys.stderr)
        return 2
    except BusError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
