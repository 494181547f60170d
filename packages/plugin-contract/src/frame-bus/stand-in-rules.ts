import { type Nanoseconds, noSegmentId, nsPerSecond, tickAfter } from "@retrovue/core";
import { ensure, equal } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, type BusChannel, expectation, segments, shadeOf, unlike } from "./bus-bench.js";

/** The kinds that aired at ticks `from` to `to` of the channel; `-` for a planned picture. */
async function ladder(channel: BusChannel, from: number, to: number): Promise<string> {
  const reader = await channel.openReader();
  const letters: string[] = [];
  for (let n = from; n <= to; n++) {
    const { standIn } = (await channel.read(reader, channel.tick(n))).meta;
    letters.push(standIn === undefined ? "-" : standIn.charAt(0).toUpperCase());
  }
  return letters.join("");
}

/** What airs when the planned picture is not there. */
export const standInRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/stand-in-comes-at-the-guard-time",
    reason:
      "Later is late for every reader; earlier takes the tick from a worker that would still have made it.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      bench.moveToGuardOf(channel.first, -1n);
      await lane.submit(channel.first);
      equal(
        (await channel.read(reader, channel.first)).meta.standIn,
        undefined,
        "a tick handed over in time",
      );
      bench.moveToGuardOf(channel.tick(1));
      equal((await channel.read(reader, channel.tick(1))).meta.standIn, "hold", "a tick that is missing");
      equal(lane.refusals, [], "refusals");
      equal(reader.head(), channel.tick(1), "the head: nothing more is due");
    },
  },
  {
    id: "bus/every-due-tick-has-its-stand-in",
    reason:
      "Output never stops: a clock that moves by many ticks at once leaves one stand-in for each, in order.",
    check: async (bench) => {
      const channel = await bench.start({ historyTicks: 200 });
      const reader = await channel.openReader();
      bench.moveToGuardOf(channel.tick(149));
      await channel.committed(channel.tick(149));
      for (let n = 0; n < 150; n++) {
        const read = await channel.read(reader, channel.tick(n));
        equal(read.meta.standIn, "slate", `what aired at tick ${n}`);
      }
      equal(channel.committer.counters().committed, 150, "ticks committed");
      equal(channel.committer.head(), channel.tick(149), "the head: nothing more is due");
    },
  },
  {
    id: "bus/ladder-is-hold-then-the-policys-fall-back",
    reason: "A frozen picture is the least disturbance for a moment and a fault after two seconds.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(7));
      equal(await ladder(channel, 1, 7), "-HHHSSS", "the ladder with a slate");
      channel.committer.setPolicy({ holdTicksMax: 1, after: "black" });
      bench.moveToGuardOf(channel.tick(9));
      await lane.play(channel.tick(10), 1);
      bench.moveToGuardOf(channel.tick(13));
      equal(await ladder(channel, 8, 13), "BB-HBB", "the ladder without one");
    },
  },
  {
    id: "bus/ladder-only-goes-down",
    reason: "A picture that comes back frozen after slate tells viewers of two faults where there was one.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      await lane.play(channel.first, 1);
      bench.moveToGuardOf(channel.tick(4));
      await channel.committed(channel.tick(4));
      channel.committer.setPolicy({ holdTicksMax: 100, after: "slate" });
      bench.moveToGuardOf(channel.tick(6));
      equal(await ladder(channel, 0, 6), "-HHHSSS", "the ladder after a longer hold was allowed");
    },
  },
  {
    id: "bus/hold-never-crosses-a-boundary",
    reason:
      "The last programme's picture after the cut is the fault that viewers notice most (field lesson 20).",
    check: async (bench) => {
      const channel = await bench.start();
      channel.committer.setPolicy({ holdTicksMax: 50, after: "slate" });
      channel.committer.expect([
        expectation({ firstTick: channel.first }),
        expectation({ firstTick: channel.tick(4), segmentId: segments.b }),
      ]);
      const lane = await channel.openWriter();
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(6));
      equal(await ladder(channel, 1, 6), "-HHSSS", "the ladder at the boundary");
    },
  },
  {
    id: "bus/hold-stops-at-a-loop-seam",
    reason:
      "A looped plan airs the same segment again under the same id: its last picture does not belong to its start.",
    check: async (bench) => {
      const channel = await bench.start();
      channel.committer.setPolicy({ holdTicksMax: 50, after: "slate" });
      channel.committer.expect([
        expectation({ firstTick: channel.first }),
        expectation({ firstTick: channel.tick(4) }),
      ]);
      const lane = await channel.openWriter();
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(6));
      equal(await ladder(channel, 1, 6), "-HHSSS", "the ladder at the seam");
    },
  },
  {
    id: "bus/hold-shows-the-last-picture",
    reason:
      "A hold is the segment's last picture itself, by reference, and says which moment of the media it shows.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const mediaTime = 1_234_000_000n as never;
      await lane.play(channel.first, 2, { meta: { mediaTime, sourceIndex: 29 } });
      const last = await channel.read(reader, channel.tick(1));
      bench.moveToGuardOf(channel.tick(3));
      const held = await channel.read(reader, channel.tick(3));
      equal(held.meta.standIn, "hold", "what aired");
      equal(held.pictureId, last.pictureId, "the picture held");
      equal(unlike(held.picture, shadeOf(channel.tick(1))), undefined, "its pixels");
      equal(held.meta.mediaTime, mediaTime, "the media time shown");
      equal(held.meta.sourceIndex, 29, "the source frame shown");
    },
  },
  {
    id: "bus/held-picture-is-not-lent-again",
    reason:
      "A hold outlives the slot that its picture was submitted in; a new loan must not draw on what is on air.",
    check: async (bench) => {
      const channel = await bench.start();
      channel.committer.setPolicy({ holdTicksMax: 1_000, after: "slate" });
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 1);
      bench.moveToGuardOf(channel.tick(100));
      const held = await channel.read(reader, channel.tick(100));
      for (let n = 0; n < 8; n++) (await lane.loan()).planes[0]?.fill(1);
      equal(unlike(held.picture, shadeOf(channel.first)), undefined, "the held pixels");
      equal(held.release(), "intact", "the verdict");
    },
  },
  {
    id: "bus/stand-ins-carry-the-expected-segment",
    reason: "What aired is known: a stand-in stands for a segment, and the as-run log says which.",
    check: async (bench) => {
      const channel = await bench.start();
      const second = {
        segmentId: segments.b,
        planRevision: 9,
        assetUri: "/media/ü.mkv",
        assetTitle: "Über",
      };
      const reader = await channel.openReader();
      channel.committer.expect([expectation({ firstTick: channel.tick(2), ...second })]);
      bench.moveToGuardOf(channel.tick(3));
      for (const [n, segmentId, firstOfSegment] of [
        [0, segments.a, true],
        [1, segments.a, false],
        [2, segments.b, true],
        [3, segments.b, false],
      ] as const) {
        const { meta } = await channel.read(reader, channel.tick(n));
        equal(meta.segmentId, segmentId, `the segment of tick ${n}`);
        equal(meta.firstOfSegment, firstOfSegment, `the first-of-segment mark of tick ${n}`);
        const { planRevision, assetUri, assetTitle, mediaTime, decoderIndex, sourceIndex, pad } = meta;
        if (n >= 2) equal({ segmentId, planRevision, assetUri, assetTitle }, second, `the meta of tick ${n}`);
        equal(
          { mediaTime, decoderIndex, sourceIndex },
          { mediaTime: undefined, decoderIndex: undefined, sourceIndex: undefined },
          "the source of a slate",
        );
        equal(pad, false, "the pad mark");
      }
    },
  },
  {
    id: "bus/expectations-are-replaced-from-the-first-on",
    reason: "An edit of the plan replaces what comes after it, and nothing before it.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const { committer } = channel;
      committer.expect([
        expectation({ firstTick: channel.tick(1), segmentId: segments.b }),
        expectation({ firstTick: channel.tick(3), segmentId: segments.b }),
        expectation({ firstTick: channel.tick(5), segmentId: segments.b }),
      ]);
      committer.expect([expectation({ firstTick: channel.tick(3), segmentId: segments.c })]);
      bench.moveToGuardOf(channel.tick(6));
      const ids = [];
      for (let n = 0; n <= 6; n++) ids.push((await channel.read(reader, channel.tick(n))).meta.segmentId[0]);
      equal(ids.join(""), "abbcccc", "the segments that were stood in for");
    },
  },
  {
    id: "bus/pads-are-planned-black",
    reason:
      "Where the plan has no media nothing is missing, whatever else is wrong; a pad is no fault in any count.",
    check: async (bench) => {
      const channel = await bench.start();
      channel.committer.setReason("workerLost");
      const none = { segmentId: noSegmentId, assetUri: "", assetTitle: "" };
      channel.committer.expect([
        expectation({ firstTick: channel.first, pad: true, ...none }),
        expectation({ firstTick: channel.tick(2), segmentId: segments.b }),
      ]);
      const reader = await channel.openReader();
      bench.moveToGuardOf(channel.tick(2));
      for (let n = 0; n < 2; n++) {
        const { meta } = await channel.read(reader, channel.tick(n));
        equal(
          [meta.standIn, meta.standInReason, meta.pad],
          ["black", "planned", true],
          `stand-in, reason and pad mark of tick ${n}`,
        );
      }
      const { meta } = await channel.read(reader, channel.tick(2));
      equal(
        [meta.standIn, meta.standInReason, meta.pad],
        ["slate", "workerLost", false],
        "those of the fault",
      );
    },
  },
  {
    id: "bus/stand-in-reason-is-the-one-set",
    reason:
      "Operators act on the reason: it is what supervision said last, and starved where it said nothing.",
    check: async (bench) => {
      const channel = await bench.start();
      const reader = await channel.openReader();
      const reasonAt = async (n: number) => {
        bench.moveToGuardOf(channel.tick(n));
        return (await channel.read(reader, channel.tick(n))).meta.standInReason;
      };
      equal(await reasonAt(0), "starved", "the reason before any was set");
      channel.committer.setReason("opening");
      equal(await reasonAt(1), "opening", "the reason set");
      equal(await reasonAt(2), "opening", "the reason until told otherwise");
      channel.committer.setReason("none");
      equal(await reasonAt(3), "starved", "the reason after it was taken back");
    },
  },
  {
    id: "bus/reserved-pictures-are-shown",
    reason:
      "Slate and black are filled once, cost no buffer of the pool, and are there when everything else fails.",
    check: async (bench) => {
      const channel = await bench.create();
      for (const plane of channel.committer.reserved("slate").planes) plane.fill(77);
      channel.committer.start(channel.first);
      channel.committer.setPolicy({ holdTicksMax: 0, after: "slate" });
      channel.committer.expect([expectation({ firstTick: channel.first })]);
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.submit(channel.first, {
        picture: "slate",
        meta: { standIn: "slate", standInReason: "soundOnly" },
      });
      await lane.submit(channel.tick(1), {
        picture: "black",
        meta: { standIn: "black", standInReason: "opening" },
      });
      bench.moveToGuardOf(channel.tick(2));
      for (const n of [0, 2]) {
        const { picture } = await channel.read(reader, channel.tick(n));
        equal(unlike(picture, 77), undefined, `the slate of tick ${n}`);
      }
      const [luma, u, v] = (await channel.read(reader, channel.tick(1))).picture.planes;
      ensure(
        luma?.every((it) => it === 16),
        "black luma is 16",
      );
      ensure(u?.every((it) => it === 128) && v?.every((it) => it === 128), "black chroma is 128");
    },
  },
  {
    id: "bus/skipped-ticks-are-stood-in-for",
    reason:
      "A decoder that catches up skips ahead: what it handed over airs at its own tick, and the gap is filled at once, since a lane never goes back.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.submit(channel.first);
      await lane.submit(channel.tick(3));
      await lane.submit(channel.tick(4));
      await channel.committed(channel.tick(4));
      equal(await ladder(channel, 0, 4), "-HH--", "what aired");
      const read = await channel.read(reader, channel.tick(4));
      equal(unlike(read.picture, shadeOf(channel.tick(4))), undefined, "the pixels handed over ahead");
      equal(lane.refusals, [], "refusals");
    },
  },
  {
    id: "bus/return-is-marked",
    reason:
      "A worker cannot know that a tick was taken when it submits the next one; encoders and logs need the mark.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      await lane.play(channel.first, 2);
      bench.moveToGuardOf(channel.tick(3));
      await channel.committed(channel.tick(3));
      await lane.play(channel.tick(4), 2);
      const marks = [];
      for (let n = 0; n < 6; n++)
        marks.push((await channel.read(reader, channel.tick(n))).meta.discontinuity);
      equal(marks, [false, false, false, false, true, false], "the discontinuity marks");
    },
  },
  {
    id: "bus/late-commits-are-counted",
    reason:
      "Ticks committed after their time must stay 0 on a healthy machine: it is the alarm for a starved host.",
    check: async (bench) => {
      const channel = await bench.start();
      bench.moveToGuardOf(channel.tick(2));
      await channel.committed(channel.tick(2));
      equal(channel.committer.counters().lateCommits, 0, "late commits at the guard time");
      bench.moveTo((bench.grid.tickTime(channel.tick(2)) + nsPerSecond) as Nanoseconds);
      const now = bench.grid.tickAtOrBefore(bench.clock.now());
      await channel.committed(now);
      const late = now - channel.tick(2) - 1;
      const counted = channel.committer.counters().lateCommits;
      // The tick on air may be counted or not: its time has come, and at the nanosecond it is not past.
      ensure(counted >= late && counted <= late + 1, `${late} late commits are counted, not ${counted}`);
      ensure(tickAfter(now, 0) > channel.tick(25), "the clock moved by many ticks");
    },
  },
];
