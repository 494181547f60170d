import { type Ancillary, type FrameMeta, rational } from "@retrovue/core";
import { equal } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, metaOf, segments } from "./bus-bench.js";

/** Metas that together give each field its odd values: the zero that is not undefined, the large, the negative. */
const metas: readonly FrameMeta[] = [
  metaOf({
    planRevision: 5_000_000_001,
    segmentId: "0123456789abcdef0123456789abcdef",
    assetUri: "file:///media/Das%20Boot%20(1981)/Das Boot – Director’s Cut.mkv",
    assetTitle: "Das Boot – Director’s Cut · 🎬 第1話",
    firstOfSegment: true,
    mediaTime: 86_400_000_000_123n as NonNullable<FrameMeta["mediaTime"]>,
    sourcePts: -9_000_000_000n,
    sourceTimeBase: rational(1_001, 30_000),
    sourceIndex: 5_000_000,
    decoderIndex: 3,
    decodeNs: 123_456_789,
    silentSamples: 240,
  }),
  metaOf({
    mediaTime: 0n as NonNullable<FrameMeta["mediaTime"]>,
    sourcePts: 0n,
    sourceIndex: 0,
    decoderIndex: 0,
  }),
  metaOf({ mediaTime: undefined, sourcePts: undefined, sourceIndex: undefined, decoderIndex: undefined }),
  metaOf({ segmentId: segments.b, repeat: true, late: true, discontinuity: true }),
  metaOf({ standIn: "hold", standInReason: "endedEarly", decoderIndex: undefined }),
  metaOf({ assetUri: `/${"ä".repeat(200)}`, assetTitle: "é".repeat(128), pad: false }),
  metaOf({ assetUri: "", assetTitle: "", standIn: "black", standInReason: "planned", pad: true }),
];

/** What aired is known. */
export const metaRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/meta-arrives-as-submitted",
    reason: "As-run log, captions and QC rest on it: every field arrives, and undefined is not zero.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      for (const [n, meta] of metas.entries()) {
        await lane.play(channel.tick(n), 1, { meta });
        const read = await channel.read(reader, channel.tick(n));
        // Field by field, so that a failure names the field.
        for (const field of Object.keys(meta) as (keyof FrameMeta)[]) {
          equal<unknown>(read.meta[field], meta[field], `${field} of meta ${n}`);
        }
        equal(Object.keys(read.meta).sort(), Object.keys(meta).sort(), `the fields of meta ${n}`);
      }
      equal(lane.refusals, [], "refusals");
    },
  },
  {
    id: "bus/assets-may-change-at-every-tick",
    reason: "One-frame segments exist, and readers hold ticks of several assets at one time.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const count = 100;
      for (let n = 0; n < count; n++) {
        await lane.play(channel.tick(n), 1, { meta: { assetUri: `/media/${n}.mkv`, assetTitle: `No ${n}` } });
      }
      for (let at = reader.oldest() as number; at < channel.tick(count); at++) {
        const { meta } = await channel.read(reader, channel.tick(at - channel.first));
        const n = at - channel.first;
        equal([meta.assetUri, meta.assetTitle], [`/media/${n}.mkv`, `No ${n}`], `the asset of tick ${n}`);
      }
    },
  },
  {
    id: "bus/ancillary-arrives-as-submitted",
    reason:
      "Captions are law in many countries: every record, in order, byte for byte, copied before submit returns.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const records = (): Ancillary[] => [
        { kind: "cea708", bytes: Uint8Array.from({ length: 96 }, (_, i) => 255 - i) },
        { kind: "cea608", bytes: Uint8Array.of(0, 0x94, 0x2c) },
        { kind: "afd", bytes: Uint8Array.of(0x48) },
        { kind: "timecode", bytes: new Uint8Array(0) },
        { kind: "cea608", bytes: Uint8Array.from({ length: 700 }, (_, i) => i % 251) },
      ];
      const submitted = records();
      await lane.submit(channel.first, { meta: { ancillary: submitted } });
      for (const { bytes } of submitted) bytes.fill(0xee);
      const { ancillary } = (await channel.read(reader, channel.first)).meta;
      const plain = (all: readonly Ancillary[]) => all.map((it) => [it.kind, [...it.bytes]]);
      equal(plain(ancillary), plain(records()), "the records");
      await lane.submit(channel.tick(1));
      equal(
        (await channel.read(reader, channel.tick(1))).meta.ancillary,
        [],
        "the records of the tick after",
      );
    },
  },
];
