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
import { reasonOf } from "./reason-of.ts";
import { filmPlan } from "./strike-workers.ts";
import { TickWatch } from "./tick-watch.ts";

/** What is done to a renderer, in turns: it ends, or it lives and gives nothing. */
export const renderStrikes = ["SIGKILL", "SIGSTOP"] as const;
type RenderStrike = (typeof renderStrikes)[number];

/** What became of a stream whose renderer was struck again and again. */
export interface RenderStrikesReport {
  /** Ticks without a picture in the stream, for each strike that broke it off. */
  readonly gaps: Readonly<Record<RenderStrike, readonly number[]>>;
  readonly faults: readonly string[];
}

const { frameRate } = filmFormat;
const grid = new HouseGrid(rational(frameRate, 1), 48_000);

/** After so many seconds without bytes a renderer is taken for hung, and so often that is looked at (render-supervisor.ts). */
const silenceSeconds = 3;
const lookSeconds = 0.5;
/** A renderer begins in about half a second; on a machine with much to do one may take so long, and no longer. */
const beginSeconds = 5;

/** Ticks that may be left out, by what was done. */
export const gapTicksMax: Readonly<Record<RenderStrike, number>> = {
  SIGKILL: beginSeconds * frameRate,
  SIGSTOP: (silenceSeconds + lookSeconds + beginSeconds) * frameRate,
};

/** The cause that the engine gives: an end is heard of at once, and only who lives is found by its silence. */
const causes: Readonly<Record<RenderStrike, string>> = { SIGKILL: "SIGKILL", SIGSTOP: "gave nothing" };

/** Milliseconds between strikes, from and up to. */
const betweenMs = [700, 2_500] as const;

/** One strike, and the newest picture that the viewer had of the stream by then. */
interface Struck {
  readonly strike: RenderStrike;
  readonly pts: bigint;
}

let enginesMade = 0;

/**
 * Kills and stops the render process of a channel at random moments, again and again, while a viewer keeps its connection, and reads from
 * the stream itself that it goes on: timestamps of ticks, none back or twice, each picture the one of its tick, and no more of them
 * left out than what was done explains.
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
  const struck: Struck[] = [];
  while (struck.length < count) {
    await pause(random.whole(...betweenMs));
    const renderer = engine.rendererOf(1);
    if (renderer === undefined) throw new Error("No renderer is there.");
    const strike = renderStrikes[struck.length % renderStrikes.length] ?? "SIGKILL";
    struck.push({ strike, pts: viewer.lastPts });
    process.kill(renderer, strike);
    const { cause } = await engine.untilLogged("renderer replaced", struck.length);
    if (reasonOf(cause) !== causes[strike])
      faults.push(`strike ${struck.length}, ${strike}: the cause told is ${cause}`);
    const seen = viewer.lastPts;
    await engine.until(() => isLater(viewer.lastPts, seen), `pictures after strike ${struck.length}`);
  }
  await pause(500);
  if (viewer.ended !== undefined) faults.push(`the viewer's connection ${viewer.ended}`);
  const renderers = engine.children("render-main").length;
  if (renderers !== 1) faults.push(`${renderers} renderers are there at the end`);
  const restarts = await engine.metric("retrovue_playout_restart_total", 'what="renderer"');
  if (restarts !== count) faults.push(`metrics count ${restarts} replaced renderers of ${count}`);
  if (engine.times("worker replaced") > 0) faults.push("a worker was replaced");
  const bytes = viewer.bytes();
  if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
  const path = join(folder.path, "seen.ts");
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 188));
  writeFileSync(path, whole);
  const stream = await readStream(path, whole, watch);
  const told = gapsByStrike(struck, stream.gaps, watch.last);
  return { gaps: told.gaps, faults: [...faults, ...stream.faults, ...told.faults] };
}

/** Ticks that are not in the stream. */
interface Gap {
  /** The last one before them. */
  readonly after: Tick;
  readonly ticks: number;
}

/** Whose gap is which: each strike may leave out one stretch of ticks, as long as what was done explains. */
function gapsByStrike(struck: readonly Struck[], gaps: readonly Gap[], near: Tick) {
  const faults: string[] = [];
  const found: Record<RenderStrike, number[]> = { SIGKILL: [], SIGSTOP: [] };
  let last = near;
  const from = struck.map(({ pts }) => {
    last = tickOfPts(grid, pts, last) ?? last;
    return last;
  });
  const explained = new Set<number>();
  for (const { after, ticks } of gaps) {
    const by = from.findLastIndex((tick) => tick <= after);
    const strike = struck[by]?.strike;
    if (strike === undefined || explained.has(by)) {
      faults.push(`nothing explains that ${ticks} ticks after ${after} are not in the stream`);
      continue;
    }
    explained.add(by);
    found[strike].push(ticks);
    if (ticks > gapTicksMax[strike])
      faults.push(
        `after ${strike} at ${after} ${ticks} ticks are not in the stream, more than ${gapTicksMax[strike]}`,
      );
  }
  return { gaps: found, faults };
}

const isLater = (pts: bigint, than: bigint): boolean =>
  pts !== than && (pts - than + ptsModulus) % ptsModulus < ptsModulus / 2n;

async function readStream(path: string, bytes: Buffer, watch: TickWatch) {
  const faults: string[] = [];
  const gaps: Gap[] = [];
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
    if (step > 1) gaps.push({ after: (tick - step) as Tick, ticks: step - 1 });
  }
  const decoded = await readMarks(path, {}, AbortSignal.timeout(120_000));
  const [first = 0] = ticks;
  // What was cut in the middle of a picture may be decoded or not: it is told by its time, not by its place.
  const shown = decoded.pictures.filter(({ seconds }) => !Number.isNaN(seconds));
  let read = 0;
  for (const { seconds, mark } of shown) {
    const tick = first + Math.round(seconds * frameRate);
    if (mark === undefined) continue;
    read += 1;
    if (mark.frame !== watch.placeOf(tick)) faults.push(`tick ${tick} of the stream shows ${mark.frame}`);
  }
  // A picture that a strike cut in two shows anything: one for each break.
  if (read < ticks.length - 2 * gaps.length - 2)
    faults.push(`of ${ticks.length} pictures only ${read} could be read`);
  return { faults, gaps };
}
