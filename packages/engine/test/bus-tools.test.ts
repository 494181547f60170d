import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Committer,
  defaultProgramFormat,
  type FrameMeta,
  HouseGrid,
  mediaTime,
  type Nanoseconds,
  rational,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeHostTime } from "../src/clock/node-host-time.js";
import { buildIfStale, playout } from "./built-cli.js";

const prefix = `rvtools-${process.pid}`;
const place = ["--prefix", prefix];
const format = { ...defaultProgramFormat, width: 64, height: 48, frameRate: rational(25, 1) };
const grid = new HouseGrid(format.frameRate, format.sampleRate);
const never = new AbortController().signal;

const meta = (frame: number): FrameMeta => ({
  planRevision: 3,
  segmentId: "a".repeat(32),
  assetUri: "file:///media/film.mkv",
  assetTitle: "Der Film – Teil 1",
  firstOfSegment: frame === 100,
  repeat: false,
  standIn: undefined,
  standInReason: "none",
  pad: false,
  discontinuity: false,
  late: false,
  mediaTime: mediaTime(BigInt(frame) * 40_000_000n),
  sourcePts: BigInt(frame),
  sourceTimeBase: rational(1, 25),
  sourceIndex: frame,
  decoderIndex: 0,
  decodeNs: 0,
  silentSamples: 0,
  ancillary: [],
});

/** Puts four ticks on a bus of this process: grey but for a red one. */
async function putOnAir(bus: ShmFrameBus): Promise<{ committer: Committer; first: Tick }> {
  const host = new NodeHostTime();
  const mono = host.monotonic();
  const house = host.utc();
  // A standstill: no tick ever falls due, so the bus holds what it was given for as long as the test takes.
  const mapping = { sequence: 1, monoAnchor: mono, houseAnchor: house, ratePpb: -1_000_000_000 };
  const spec = { engineId: "tools", channelId: 7, format, leadTicks: 12, historyTicks: 5, mapping };
  const committer = await bus.create(spec, never);
  const first = grid.tickAtOrAfter((house + 200_000_000n) as Nanoseconds);
  committer.start(first);
  const writer = await bus.openWriter(committer.openLane(), never);
  for (let n = 0; n < 4; n++) {
    const buffer = await writer.loan(AbortSignal.timeout(5_000));
    // BT.709 limited range: (63, 102, 240) is red.
    const colour = n === 2 ? [63, 102, 240] : [126, 128, 128];
    for (const [i, plane] of buffer.planes.entries()) plane.fill(colour[i] ?? 0);
    writer.submit(tickAfter(first, n), buffer, undefined, meta(100 + n));
    buffer.release();
  }
  const reader = await bus.openReader(spec, {}, never);
  await reader.at(tickAfter(first, 3), AbortSignal.timeout(5_000));
  await reader[Symbol.asyncDispose]();
  return { committer, first };
}

describe("retrovue-playout bus", () => {
  let onAir: { committer: Committer; first: Tick };
  beforeAll(async () => {
    await buildIfStale();
    onAir = await putOnAir(new ShmFrameBus({ prefix }));
  }, 120_000);
  afterAll(() => onAir.committer[Symbol.asyncDispose]());

  test("cli/bus-ls-lists-what-is-there", async () => {
    const { code, out, err } = await playout(["bus", ...place, "ls"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^BUS +STATE +FORMAT +HEAD +LEAD +MEMORY\ntools\/7 +live +64x48 25 +\d+ +\d+ ms +\d+\.\d MB\n$/,
    );
    const json = JSON.parse((await playout(["bus", ...place, "ls", "--json"])).out);
    expect(json.buses).toMatchObject([{ engine: "tools", channel: 7, state: "live", head: onAir.first + 3 }]);
  });

  test("cli/bus-stat-tells-format-and-newest-tick", async () => {
    const { code, out } = await playout(["bus", ...place, "stat"]);
    expect(code).toBe(0);
    expect(out).toContain("picture  64x48 yuv420p, 25 a second");
    expect(out).toContain(`head     tick ${onAir.first + 3}, `);
    expect(out).toContain("Der Film – Teil 1 frame 103 at 4.120 s");
  });

  test("cli/bus-watch-prints-ticks-as-lines-or-json", async () => {
    const { code, out } = await playout(["bus", ...place, "watch", "7", "--count", "1", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      tick: onAir.first + 3,
      asset: "file:///media/film.mkv",
      frame: 103,
      revision: 3,
      standIn: null,
    });
  });

  test("cli/bus-grab-writes-the-picture-of-a-tick", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-grab-"));
    const red = onAir.first + 2;
    const { code, out } = await playout(
      ["bus", ...place, "grab", "tools/7", "--tick", String(red), "--out", "red.png"],
      { cwd: folder.path },
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: `red.png: tick ${red}, Der Film – Teil 1 frame 102 at 4.080 s\n`,
    });
    const image = decode(readFileSync(join(folder.path, "red.png")));
    expect([image.width, image.height, image.channels]).toEqual([64, 48, 3]);
    const [r = 0, g = 0, b = 0] = image.data;
    expect(r).toBeGreaterThan(250);
    expect(g).toBeLessThan(5);
    expect(b).toBeLessThan(5);
  });

  test("cli/bus-grab-names-the-file-that-it-cannot-write", async () => {
    expect(await playout(["bus", ...place, "grab", "7", "--out", "/nowhere/x.png"])).toEqual({
      code: 2,
      out: "",
      err: "error: /nowhere/x.png cannot be written (ENOENT)\n  Name a file by --out in a folder that this user may write to.\n",
    });
  });

  test("cli/bus-that-is-not-there-is-answered-with-those-that-are", async () => {
    const { code, out, err } = await playout(["bus", ...place, "stat", "8"]);
    expect(code).not.toBe(0);
    expect(out).toBe("");
    expect(err).toBe('error: There is no bus "8"\n  There are: tools/7.\n');
  });

  test("cli/bus-grab-of-a-tick-long-gone-names-those-held", async () => {
    const { code, err } = await playout(["bus", ...place, "grab", "--tick", "1"]);
    expect(code).not.toBe(0);
    expect(err).toContain("Tick 1 is not held any more");
    expect(err).toContain(`Grab one from ${onAir.first} to ${onAir.first + 3}.`);
  });
});
