"""What this reader reads from the goldens is what was meant when they were recorded, field by field."""

from __future__ import annotations

import unittest
import zlib
from typing import Any, Dict, List

from retrovue_framebus import FrameBusReader, FrameLease, Overrun, Verdict

from .support import RecordedBus, lease_of, manifest_of

FLAGS = {
    "repeat": "repeat",
    "pad": "pad",
    "first_of_segment": "firstOfSegment",
    "discontinuity": "discontinuity",
    "late": "late",
}


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def wide(value: Any) -> Any:
    return None if value is None else str(value)


def tick_as_read(frame: FrameLease, shown_at: Dict[str, str]) -> Dict[str, Any]:
    m = frame.meta
    flags = [camel_name for name, camel_name in FLAGS.items() if getattr(m, name)]
    has_text = m.asset.uri or m.asset.title
    asset = {"uri": m.asset.uri, "title": m.asset.title, "truncated": m.asset.truncated}
    picture = shown_at.setdefault(frame.picture_id, str(frame.tick))
    if m.stand_in in ("slate", "black"):
        picture = m.stand_in
    sound = frame.sound()
    assert sound.verdict is Verdict.INTACT
    return {
        "tick": frame.tick,
        "houseTimeNs": str(frame.time),
        "flags": sorted(flags + ([m.stand_in] if m.stand_in else [])),
        "standInReason": camel(m.stand_in_reason),
        "segmentId": m.segment_id,
        "planRevision": m.plan_revision,
        "asset": asset if has_text else None,
        "mediaTimeNs": wide(m.media_time_ns),
        "sourcePts": wide(m.source_pts),
        "sourceTimeBase": list(m.source_time_base.as_integer_ratio()) if m.source_time_base else None,
        "sourceIndex": wide(m.source_index),
        "decoderIndex": m.decoder_index,
        "decodeNs": str(m.decode_ns),
        "lane": m.lane,
        "silentSamples": m.silent_samples,
        "sampleStart": str(frame.sample_start),
        "samples": frame.samples,
        "commitMonoNs": str(m.commit_mono_ns),
        "ancillary": [{"kind": a.kind, "hex": a.data.hex()} for a in m.ancillary],
        "pictureOf": picture,
        "planeCrc32": [zlib.crc32(plane.tobytes()) for plane in frame.planes],
        "soundCrc32": [zlib.crc32(channel) for channel in sound.channels],
    }


def bus_as_read(bus: FrameBusReader) -> Dict[str, Any]:
    f, m, c = bus.format, bus.mapping(), bus.counters()
    ranges = ["unknown", "limited", "full"]
    return {
        "engineId": bus.engine_id,
        "channelId": bus.channel_id,
        "runId": bus.run_id,
        "width": f.width,
        "height": f.height,
        "rate": [f.rate.numerator, f.rate.denominator],
        "pixelFormat": f.pixel_format,
        "sar": [f.sample_aspect.numerator, f.sample_aspect.denominator],
        "colour": [f.colour_primaries, f.colour_transfer, f.colour_matrix, ranges.index(f.colour_range)],
        "aspectPolicy": ["preserve", "stretch", "crop"].index(f.aspect_policy),
        "sampleRate": f.sample_rate,
        "channels": f.channels,
        "planes": [{"stride": p.stride, "rowBytes": p.row_bytes, "rows": p.rows} for p in f.planes],
        "leadTicks": bus.lead_ticks,
        "historyTicks": bus.history_ticks,
        "head": bus.head(),
        "oldest": bus.oldest(),
        "mapping": {
            "sequence": m.sequence,
            "monoAnchor": str(m.mono_anchor),
            "houseAnchor": str(m.house_anchor),
            "ratePpb": m.rate_ppb,
        },
        "now": str(bus.now()),
        "counters": [c.committed, c.holds, c.slates, c.blacks, c.refused, c.late_commits, c.submitted],
    }


class Goldens(unittest.TestCase):
    maxDiff = None

    def check_golden(self, name: str) -> None:
        manifest = manifest_of(name)
        with RecordedBus(name) as recorded, recorded.reader() as bus:
            read = bus_as_read(bus)
            self.assertEqual(read, {key: manifest["bus"][key] for key in read})
            shown_at: Dict[str, str] = {}
            ticks: List[Dict[str, Any]] = manifest["ticks"]
            for meant in ticks:
                with self.subTest(tick=meant["tick"]):
                    frame = lease_of(bus.at(meant["tick"], 0))
                    meant["flags"].sort()
                    self.assertEqual(tick_as_read(frame, shown_at), meant)
                    self.assertEqual(frame.time, bus.format.tick_time(frame.tick))
                    self.assertEqual(frame.sample_start, bus.format.sample_at(frame.tick))
                    self.assertIs(frame.release(), Verdict.INTACT)
            for tick in manifest["overruns"]:
                with self.subTest(overrun=tick):
                    lost = Overrun(tick, manifest["bus"]["oldest"], manifest["bus"]["head"])
                    self.assertEqual(bus.at(tick, 0), lost)

    def test_programme_is_read_as_it_was_meant(self) -> None:
        self.check_golden("programme")

    def test_epoch_is_read_as_it_was_meant(self) -> None:
        self.check_golden("epoch")

    def test_next_follows_the_newest_and_resyncs_at_the_oldest(self) -> None:
        bus_says = manifest_of("programme")["bus"]
        with RecordedBus() as recorded, recorded.reader() as bus:
            self.assertEqual(lease_of(bus.next(0)).tick, bus_says["head"])
            self.assertIsInstance(bus.at(0, 0), Overrun)
            self.assertEqual(lease_of(bus.next(0)).tick, bus_says["oldest"])
            self.assertEqual(lease_of(bus.next(0)).tick, bus_says["oldest"] + 1)
