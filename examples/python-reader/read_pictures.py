#!/usr/bin/env python3
"""
Reads live pictures from a channel's frame bus: says once a second which tick, asset and frame it has, and how many it
got. With --png, writes one picture as a PNG file. Standard library only.

    PYTHONPATH=clients/python/src python3 examples/python-reader/read_pictures.py east 7 --ticks 100 --png picture.png
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Optional

from png import write_png
from retrovue_framebus import (
    BusError,
    BusNotFound,
    BusStale,
    BusTimeout,
    FrameBusReader,
    FrameLease,
    Overrun,
    Verdict,
)


def open_bus(args: argparse.Namespace, until: float) -> FrameBusReader:
    """Tries until the channel runs. Asking leaves our name in the readers table, so an on-demand channel starts."""
    while True:
        try:
            return FrameBusReader.of_channel(
                args.engine, args.channel, directory=args.directory, prefix=args.prefix, name="python-reader"
            )
        except BusNotFound:
            if time.monotonic() >= until:
                raise
            time.sleep(0.1)


def describe(frame: FrameLease, fps: Optional[float]) -> str:
    meta = frame.meta
    what = meta.asset.title or meta.asset.uri or "no asset"
    if meta.stand_in:
        what += f", {meta.stand_in} ({meta.stand_in_reason})"
    source = "-" if meta.source_index is None else str(meta.source_index)
    rate = "" if fps is None else f"  {fps:.2f} fps"
    return f"tick {frame.tick}  {what}  frame {source}{rate}"


class Meter:
    """How many ticks a second came in, said once a second."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.frames = -1

    def fps_when_due(self) -> Optional[float]:
        self.frames += 1
        elapsed = time.monotonic() - self.since
        if elapsed < 1:
            return None
        fps = self.frames / elapsed
        self.since, self.frames = time.monotonic(), 0
        return fps


def read(args: argparse.Namespace) -> int:
    """Reads args.ticks ticks, over any number of buses: an engine that starts anew makes a new one."""
    left: int = args.ticks
    png: Optional[str] = args.png
    while left > 0:
        with open_bus(args, time.monotonic() + args.patience) as bus:
            meter = Meter()
            try:
                while left > 0:
                    frame = bus.next(timeout=args.patience)
                    if isinstance(frame, Overrun):
                        print(f"too slow: tick {frame.tick} is gone, on at {frame.oldest}", flush=True)
                        continue
                    with frame:
                        if png is not None and frame.meta.stand_in is None:
                            write_png(png, bus.format, frame.planes, args.width)
                            # The pixels count only if nobody drew on them meanwhile.
                            if frame.release() is Verdict.INTACT:
                                print(f"tick {frame.tick} written to {png}", flush=True)
                                png = None
                        fps = meter.fps_when_due()
                        left -= 1
                        if fps is not None or meter.frames == 0 or left == 0:
                            print(describe(frame, fps), flush=True)
            except BusStale as stale:
                print(stale, file=sys.stderr)
    return 0 if png is None else 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", help="the engine's id, as east")
    parser.add_argument("channel", type=int)
    parser.add_argument("--directory", default="/dev/shm")
    parser.add_argument("--prefix", default="retrovue")
    parser.add_argument("--ticks", type=int, default=300, help="end after so many (default 300)")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds to wait for bus and ticks (default 10)")
    parser.add_argument("--png", metavar="FILE", help="write one planned picture there")
    parser.add_argument("--width", type=int, default=480, help="of the PNG at most (default 480)")
    args = parser.parse_args()
    try:
        return read(args)
    except BusTimeout as timeout:
        print(timeout, file=sys.stderr)
        return 2
    except BusError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
