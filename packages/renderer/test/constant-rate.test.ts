import { type EncodeSettings, muxRateNeededKbps, pcrModulus, rational, tickAfter } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import {
  faultsOf,
  parseTransportStream,
  RenderBench,
  renderFormat,
  renderSettings,
  streamsOf,
  type TransportStream,
} from "@retrovue/plugin-contract";
import { describe, expect, test } from "vitest";
import { LibavRendererFactory } from "../src/index.js";

const pcrPerSecond = 27_000_000n;
const aacStep = 1_920n;
/** ISO/IEC 13818-1, 2.4.3.2. */
const packetBytes = 188;
const nullPid = 0x1fff;

async function aired(settings: EncodeSettings, rate: readonly [number, number] = [30_000, 1_001]) {
  const format = { ...renderFormat, frameRate: rational(...rate) };
  const bench = await RenderBench.make(
    { factory: new LibavRendererFactory(), openBus: () => new ShmFrameBus(), format },
    AbortSignal.timeout(25_000),
  );
  await bench.openBus();
  const renderer = await bench.startRenderer(settings);
  const count = 90;
  await bench.play(renderer, bench.first, count);
  // Before time goes on to ticks that nobody made.
  const { missedTicks, lateTicks } = renderer.counters();
  await bench.hearUpTo(tickAfter(bench.first, count - 1));
  const counted = { missedTicks, lateTicks, overflows: renderer.counters().overflows };
  return { bench, counted, stream: parseTransportStream(bench.stream()) };
}

/** How far each clock lies from where the rate has it, seen from the first: units of 27 MHz. */
function clockErrors({ clocks }: TransportStream, bitsPerSecond: bigint): number[] {
  const [first] = clocks;
  return clocks.map(({ pcr, packet }) => {
    const bits = BigInt(packet - (first?.packet ?? 0)) * BigInt(packetBytes * 8);
    const passed = (pcr - (first?.pcr ?? 0n) + pcrModulus) % pcrModulus;
    return Number(passed * bitsPerSecond - bits * pcrPerSecond) / Number(bitsPerSecond);
  });
}

const pidsOf = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / packetBytes }, (_, n) => {
    const at = n * packetBytes;
    return (((bytes[at + 1] ?? 0) & 0x1f) << 8) | (bytes[at + 2] ?? 0);
  });

describe("constant rate", () => {
  test.each([
    [[24_000, 1_001], 2_000],
    [[25, 1], 2_345],
    [[30_000, 1_001], 8_000],
    [[60_000, 1_001], 3_000],
  ] as const)(
    "renderer/every-byte-at-a-constant-rate-lies-where-its-clock-says: %j at %d kbit/s",
    async (rate, muxRateKbps) => {
      const { bench, counted, stream } = await aired({ ...renderSettings, muxRateKbps }, rate);
      await using _bench = bench;
      expect(faultsOf(stream, aacStep)).toEqual([]);
      const errors = clockErrors(stream, BigInt(muxRateKbps) * 1_000n);
      expect(errors.length).toBeGreaterThan(60);
      // One unit of 27 MHz is 37 ns; 500 ns are allowed (ISO/IEC 13818-1, 2.4.2.2).
      expect(Math.max(...errors.map(Math.abs))).toBeLessThanOrEqual(1);
      expect(pidsOf(bench.stream()).filter((pid) => pid === nullPid).length).toBeGreaterThan(100);
      expect(counted).toEqual({ missedTicks: 0, lateTicks: 0, overflows: 0 });
    },
  );

  test("renderer/a-constant-rate-changes-no-timestamp-and-a-variable-one-has-no-null-packets", async () => {
    const variable = await aired(renderSettings);
    await using _variable = variable.bench;
    const constant = await aired({ ...renderSettings, muxRateKbps: 2_500 });
    await using _constant = constant.bench;
    const [was, is] = [streamsOf(variable.stream), streamsOf(constant.stream)];
    expect(is.pictures.map(({ pts }) => pts)).toEqual(was.pictures.map(({ pts }) => pts));
    // The last frames of sound may not be whole in either.
    const common = Math.min(is.sounds.length, was.sounds.length);
    expect(common).toBeGreaterThan(130);
    const sounds = (units: typeof is.sounds) =>
      units.slice(0, common).map(({ pts, bytes }) => [pts, Buffer.from(bytes).toString("base64")]);
    expect(sounds(is.sounds)).toEqual(sounds(was.sounds));
    expect(pidsOf(variable.bench.stream())).not.toContain(nullPid);
  });

  test("renderer/a-constant-rate-leaves-evenly-and-each-group-can-be-started-at", async () => {
    const muxRateKbps = 2_500;
    const { bench } = await aired({ ...renderSettings, muxRateKbps });
    await using _bench = bench;
    const ticks = new Map<number, number>();
    for (const { tick, bytes } of bench.heard) ticks.set(tick, (ticks.get(tick) ?? 0) + bytes.length);
    const perTick = (muxRateKbps * 1_000 * 1_001) / (30_000 * 8);
    for (const bytes of ticks.values()) expect(Math.abs(bytes - perTick)).toBeLessThanOrEqual(packetBytes);
    // A viewer who is slow, or comes late, begins at one of these (engine: GroupQueue, StreamHub).
    const starts = bench.heard.flatMap(({ randomAccess }, n) => (randomAccess ? [n] : []));
    expect(starts.length).toBeGreaterThanOrEqual(8);
    for (const [n, start] of starts.slice(0, -1).entries()) {
      const group = bench.heard.slice(start, starts[n + 1]).map(({ bytes }) => bytes);
      const stream = parseTransportStream(Buffer.concat(group));
      expect([stream.associations[0], stream.maps[0], stream.clocks[0]?.packet]).toEqual([0, 1, 2]);
      const { pictures, sounds } = streamsOf(stream);
      expect(pictures[0]?.randomAccess).toBe(true);
      const apart = (sounds[0]?.pts ?? 0n) - (pictures[0]?.pts ?? 0n);
      expect(Math.abs(Number(apart))).toBeLessThan(9_000);
    }
  });

  test("renderer/a-rate-without-room-is-refused-with-the-one-that-is-needed", async () => {
    const needed = muxRateNeededKbps({ format: renderFormat, encode: renderSettings });
    const signal = AbortSignal.timeout(25_000);
    await using bench = await RenderBench.make(
      { factory: new LibavRendererFactory(), openBus: () => new ShmFrameBus() },
      signal,
    );
    await bench.openBus();
    await expect(bench.startRenderer({ ...renderSettings, muxRateKbps: needed - 1 })).rejects.toMatchObject({
      code: "InvalidConfig",
      message: expect.stringMatching(
        new RegExp(`^encode\\.muxRateKbps must be at least ${needed} for 800 kbit/s`),
      ),
    });
    await bench.startRenderer({ ...renderSettings, muxRateKbps: needed });
  });

  test("renderer/the-rate-that-is-needed-carries-pictures-and-sound-at-their-own-rates", async () => {
    const muxRateKbps = muxRateNeededKbps({ format: renderFormat, encode: renderSettings });
    const { bench, counted, stream } = await aired({ ...renderSettings, muxRateKbps });
    await using _bench = bench;
    expect(stream.faults).toEqual([]);
    expect(Math.max(...clockErrors(stream, BigInt(muxRateKbps) * 1_000n).map(Math.abs))).toBeLessThanOrEqual(
      1,
    );
    expect(counted).toEqual({ missedTicks: 0, lateTicks: 0, overflows: 0 });
  });
});
