// The TypeScript reader reads from the goldens what every reader must.
import { crc32 } from "node:zlib";
import type { FrameLease, FrameReader, Tick } from "@retrovue/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ShmFrameBus } from "../../src/index.js";
import { buildGoldenBus, goldenManifest, goldenNames, type ServedGolden, serveGolden } from "./golden-bus.js";

/** The native build may come first. */
const buildTimeoutMs = 300_000;
const soon = () => AbortSignal.timeout(20_000);

interface GoldenTick {
  readonly tick: number;
  readonly houseTimeNs: string;
  readonly flags: readonly string[];
  readonly standInReason: string;
  readonly segmentId: string;
  readonly planRevision: number;
  readonly asset: { readonly uri: string; readonly title: string } | null;
  readonly mediaTimeNs: string | null;
  readonly sourcePts: string | null;
  readonly sourceTimeBase: readonly [number, number] | null;
  readonly sourceIndex: string | null;
  readonly decoderIndex: number | null;
  readonly decodeNs: string;
  readonly silentSamples: number;
  readonly sampleStart: string;
  readonly samples: number;
  readonly ancillary: readonly { readonly kind: string; readonly hex: string }[];
  readonly pictureOf: string;
  readonly planeCrc32: readonly number[];
  readonly soundCrc32: readonly number[];
}

interface Golden {
  readonly bus: {
    readonly engineId: string;
    readonly channelId: number;
    readonly width: number;
    readonly height: number;
    readonly rate: readonly [number, number];
    readonly pixelFormat: string;
    readonly sar: readonly [number, number];
    readonly sampleRate: number;
    readonly channels: number;
    readonly planes: readonly { readonly stride: number; readonly rowBytes: number; readonly rows: number }[];
    readonly head: number;
    readonly oldest: number;
    readonly mapping: Readonly<Record<"sequence" | "ratePpb", number>> &
      Readonly<Record<"monoAnchor" | "houseAnchor", string>>;
  };
  readonly ticks: readonly GoldenTick[];
  readonly overruns: readonly number[];
}

/** The manifest's words for what a lease says, so that the two can be compared as a whole. */
function told(lease: FrameLease, golden: Golden, pictureOf: string): GoldenTick {
  const { meta } = lease;
  const flags = [
    ["repeat", meta.repeat],
    ["hold", meta.standIn === "hold"],
    ["slate", meta.standIn === "slate"],
    ["black", meta.standIn === "black"],
    ["pad", meta.pad],
    ["firstOfSegment", meta.firstOfSegment],
    ["discontinuity", meta.discontinuity],
    ["late", meta.late],
  ] as const;
  const text = (value: bigint | number | undefined) => (value === undefined ? null : String(value));
  const sound = Array.from({ length: golden.bus.channels }, () => new Float32Array(lease.samples));
  expect(lease.copySound(sound, 0)).toBe("intact");
  return {
    tick: lease.tick,
    houseTimeNs: String(lease.time),
    flags: flags.filter(([, isSet]) => isSet).map(([name]) => name),
    standInReason: meta.standInReason,
    segmentId: meta.segmentId,
    planRevision: meta.planRevision,
    asset: { uri: meta.assetUri, title: meta.assetTitle },
    mediaTimeNs: text(meta.mediaTime),
    sourcePts: text(meta.sourcePts),
    sourceTimeBase: meta.sourceTimeBase ? [meta.sourceTimeBase.num, meta.sourceTimeBase.den] : null,
    sourceIndex: text(meta.sourceIndex),
    decoderIndex: meta.decoderIndex ?? null,
    decodeNs: String(meta.decodeNs),
    silentSamples: meta.silentSamples,
    sampleStart: String(lease.sampleStart),
    samples: lease.samples,
    ancillary: meta.ancillary.map(({ kind, bytes }) => ({ kind, hex: Buffer.from(bytes).toString("hex") })),
    pictureOf,
    planeCrc32: golden.bus.planes.map((plane, p) => {
      const bytes = lease.picture.planes[p] ?? new Uint8Array();
      const stride = lease.picture.strides[p] ?? 0;
      let sum = 0;
      for (let y = 0; y < plane.rows; y++) {
        sum = crc32(bytes.subarray(y * stride, y * stride + plane.rowBytes), sum);
      }
      return sum;
    }),
    soundCrc32: sound.map((samples) => crc32(new Uint8Array(samples.buffer))),
  };
}

describe.each(goldenNames)("golden %s", (name) => {
  const golden: Golden = JSON.parse(goldenManifest(name));
  const prefix = `rvgolden-ts-${process.pid}-${name}`;
  const { engineId, channelId } = golden.bus;
  let served: ServedGolden;
  let reader: FrameReader;

  beforeAll(async () => {
    await buildGoldenBus();
    served = await serveGolden(name, `/dev/shm/${prefix}.${engineId}.ch${channelId}`);
    reader = await new ShmFrameBus({ prefix }).openReader({ engineId, channelId }, {}, soon());
  }, buildTimeoutMs);

  afterAll(async () => {
    await reader?.[Symbol.asyncDispose]();
    await served?.[Symbol.asyncDispose]();
  });

  test("bus/the-typescript-reader-reads-the-golden: format, clock and bounds", () => {
    const { bus } = golden;
    expect(reader.format).toMatchObject({
      width: bus.width,
      height: bus.height,
      frameRate: { num: bus.rate[0], den: bus.rate[1] },
      pixelFormat: bus.pixelFormat,
      sampleAspect: { num: bus.sar[0], den: bus.sar[1] },
      sampleRate: bus.sampleRate,
      channels: bus.channels,
    });
    expect(reader.mapping()).toEqual({
      sequence: Number(bus.mapping.sequence),
      monoAnchor: BigInt(bus.mapping.monoAnchor),
      houseAnchor: BigInt(bus.mapping.houseAnchor),
      ratePpb: bus.mapping.ratePpb,
    });
    expect([reader.head(), reader.oldest()]).toEqual([bus.head, bus.oldest]);
  });

  test("bus/the-typescript-reader-reads-the-golden: ticks, pictures and sound", async () => {
    const shown = new Map<string, string>();
    const read: GoldenTick[] = [];
    for (const { tick } of golden.ticks) {
      const lease = await reader.at(tick as Tick, soon());
      if (lease.overrun) throw new Error(`tick ${tick} is said to be gone`);
      // What one buffer shows is one picture but for its crop, which pixels tell.
      const ticks = told(lease, golden, "");
      const key = lease.pictureId.includes(".") ? ticks.planeCrc32.join() : lease.pictureId;
      if (!shown.has(key)) shown.set(key, lease.pictureId.includes(".") ? String(tick) : lease.pictureId);
      read.push({ ...ticks, pictureOf: shown.get(key) ?? "" });
      expect(lease.release()).toBe("intact");
    }
    const expected = golden.ticks.map((tick) => {
      const {
        lane: _lane,
        commitMonoNs: _when,
        asset,
        ...said
      } = tick as GoldenTick & { lane: unknown; commitMonoNs: unknown };
      return { ...said, asset: { uri: asset?.uri ?? "", title: asset?.title ?? "" } };
    });
    expect(read).toEqual(expected);
  });

  test("bus/the-typescript-reader-reads-the-golden: overruns", async () => {
    for (const tick of golden.overruns) {
      const answer = await reader.at(tick as Tick, soon());
      expect(answer).toMatchObject({ overrun: true, tick, oldest: golden.bus.oldest, head: golden.bus.head });
    }
  });
});
