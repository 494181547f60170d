"""
Reads the pictures and sound of a RetroVue playout channel from shared memory, without a copy.

    from retrovue_framebus import FrameBusReader, Overrun, Verdict

    with FrameBusReader.of_channel("east", 7) as bus:
        frame = bus.next()
        if not isinstance(frame, Overrun):
            luma = bytes(frame.planes[0].row(0))
            if frame.release() is Verdict.INTACT:
                print(frame.tick, frame.meta.asset.title, luma[:8])
"""

from .clock_mapping import ClockMapping
from .errors import BusClosed, BusDenied, BusError, BusIncompatible, BusNotFound, BusStale, BusTimeout
from .frame_meta import Ancillary, Asset, FrameMeta
from .lease import FrameLease, Overrun, Sound, Verdict
from .listing import BusListing, list_buses
from .picture import Plane
from .presence import ReaderEntry, readers_of
from .program_format import PlaneFormat, ProgramFormat
from .reader import Counters, FrameBusReader, bus_path

__all__ = [
    "Ancillary",
    "Asset",
    "BusClosed",
    "BusDenied",
    "BusError",
    "BusIncompatible",
    "BusListing",
    "BusNotFound",
    "BusStale",
    "BusTimeout",
    "ClockMapping",
    "Counters",
    "FrameBusReader",
    "FrameLease",
    "FrameMeta",
    "Overrun",
    "Plane",
    "PlaneFormat",
    "ProgramFormat",
    "ReaderEntry",
    "Sound",
    "Verdict",
    "bus_path",
    "list_buses",
    "readers_of",
]
