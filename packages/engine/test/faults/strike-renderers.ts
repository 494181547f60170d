import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HouseGrid, ptsModulus, rational, type Tick } from "@retrovue/core";
import { clipFolder, parseTransportStream, readMarks, streamsOf, tickOfPts } from "@retrovue/plugin-contract";
import { Random } from "../seams/random.ts";
import { pause } from "../seams/real-time.ts";
import { Recorder } from "../seams/recorder.ts";
import { CampaignEngine } from "./campaign-engine.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { filmPlan } from "./strike-workers.ts";
import { TickWatch } from "./tick-watch.ts";

/** What became of a stream whose renderer was killed again and again. */
export interface RenderStrikesReport {
  /** Ticks without a picture in the stream, for each time that it broke off. */
  readonly gaps: readonly number[];
  readonly faults: readonly string[];
}

const grid = new HouseGrid(rational(filmFormat.frameRate, 1), 48_000);

/** A renderer begins in about half a second; one that takes so many ticks is a fault. */
const gapTicksMax = 10 * filmFormat.frameRate;

/** Milliseconds between kills, from and up to. */
const betweenMs = [700, 2_500] as const;

let enginesMade = 0;

/**
 * Kills the render process of a channel at random moments, again and again, while a viewer keeps its connection, and reads from the
 * stream itself that it goes on: timestamps of ticks, none back or twice, and each picture the one of its tick.
 */
export async function strikeRenderers(
  count: number,
  seed: number,
  film: MarkedFilm,
): Promise<RenderStrikesReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  writeFileSync(join(folder.path, "plan.json"), JSON.stringify(filmPlan(film)));
  const random = new Random(seed);
  const encode = { video: { bitrateKbps: 600, gopMs: 400, preset: "ultrafast" } };
  await using engine = new CampaignEngine({
    folder: folder.path,
    id: "faults",
    prefix: `render${process.pid}-${++enginesMade}`,
    config: {
      media: { roots: [clipFolder()] },
      decoders: [{ use: "@retrovue/decoder-libav" }],
      defaults: { format: filmFormat, historyMs: 4_000 },
      channels: [{ id: 1, name: "One", plan: "./plan.json", encode }],
    },
  });
  const faults: string[] = [];
  // One tick of what is planned tells which picture belongs to which tick.
  await using reader = await engine.openBus(1);
  const watch = new TickWatch(reader, film, new Set(["late", "opening", "starved"]));
  while (watch.anchor === undefined) await watch.look();
  using viewer = new Recorder(`http://${await engine.address("view")}/channel/1.ts`);
  await engine.until(() => viewer.lastPts >= 0n, "the stream's first picture");
  for (let kills = 1; kills <= count; kills++) {
    await pause(random.whole(...betweenMs));
    const renderer = engine.rendererOf(1);
    if (renderer === undefined) throw new Error("No renderer is there.");
    process.kill(renderer, "SIGKILL");
    await engine.untilLogged("renderer replaced", kills);
    const seen = viewer.lastPts;
    await engine.until(() => isLater(viewer.lastPts, seen), `pictures after kill ${kills}`);
  }
  await pause(500);
  if (viewer.ended !== undefined) faults.push(`the viewer's connection ${viewer.ended}`);
  const restarts = await engine.metric("retrovue_playout_restart_total", 'what="renderer"');
  if (restarts !== count) faults.push(`metrics count ${restarts} replaced renderers of ${count}`);
  if (engine.times("worker replaced") > 0) faults.push("a worker was replaced");
  const bytes = viewer.bytes();
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  const path = join(folder.path, "seen.ts");
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 188));
  writeFileSync(path, whole);
  const stream = await readStream(path, whole, watch);
  if (stream.gaps.length > count) faults.push(`the stream broke off ${stream.gaps.length} times of ${count}`);
  return { gaps: stream.gaps, faults: [...faults, ...stream.faults] };
}

const isLater = (pts: bigint, than: bigint): boolean =>
  pts !== than && (pts - than + ptsModulus) % ptsModulus < ptsModulus / 2n;

async function readStream(path: string, bytes: Buffer, watch: TickWatch) {
  const faults: string[] = [];
  const gaps: number[] = [];
  const { pictures } = streamsOf(parseTransportStream(bytes));
  const ticks: number[] = [];
  let near: Tick = watch.last;
  for (const { pts } of pictures) {
    const tick = tickOfPts(grid, pts, near);
    if (tick === undefined) {
      faults.push(`PTS ${pts} is no tick's`);
      continue;
    }
    near = tick;
    ticks.push(tick);
  }
  for (const [index, tick] of ticks.entries()) {
    const step = tick - (ticks[index - 1] ?? tick - 1);
    if (step < 1) faults.push(`after tick ${ticks[index - 1]} the stream shows ${tick}`);
    if (step > 1) gaps.push(step - 1);
    if (step > gapTicksMax) faults.push(`${step - 1} ticks before ${tick} are not in the stream`);
  }
  const decoded = await readMarks(path, {}, AbortSignal.timeout(120_000));
  const [first = 0] = ticks;
  // What was cut in the middle of a picture may be decoded or not: it is told by its time, not by its place.
  const shown = decoded.pictures.filter(({ seconds }) => !Number.isNaN(seconds));
  let read = 0;
  for (const { seconds, mark } of shown) {
    const tick = first + Math.round(seconds * filmFormat.frameRate);
    if (mark === undefined) continue;
    read += 1;
    if (mark.frame !== watch.placeOf(tick)) faults.push(`tick ${tick} of the stream shows ${mark.frame}`);
  }
  // A picture that the kill cut in two shows anything: one for each break.
  if (read < ticks.length - 2 * gaps.length - 2)
    faults.push(`of ${ticks.length} pictures only ${read} could be read`);
  return { faults, gaps };
}
