import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  defaultProgramFormat,
  type FrameReader,
  type Nanoseconds,
  nanosecondsFromMs,
  type ProgramFormat,
  ptsModulus,
  ptsOfTick,
  type Rational,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import type { Clip } from "@retrovue/plugin-contract";
import { BusCheck } from "./bus-check.ts";
import { type DecoderEntry, EngineOnAir } from "./engine-on-air.ts";
import { ExpectedAir } from "./expected-air.ts";
import { utcNow } from "./real-time.ts";
import { Recorder } from "./recorder.ts";
import { planFile, type SeamSegment, seamPlan } from "./seam-plan.ts";
import { SeamReport } from "./seam-report.ts";
import { checkStream } from "./stream-check.ts";

/** What is to be aired. */
export interface SeamRunOptions {
  readonly clips: readonly Clip[];
  readonly seams: number;
  readonly seed: number;
  readonly frameRate: Rational;
  /** `stepped`: as fast as the CPU, time waits for all. `system`: in real time. */
  readonly clock: "stepped" | "system";
  /** As the configuration has them. Default: libav alone. */
  readonly decoders?: readonly DecoderEntry[];
  /** Messages of the log, warnings and errors among them, that are as they should be. */
  readonly expected?: readonly string[];
  /** Looks at the engine's log when all has aired. */
  readonly look?: (engine: Pick<EngineOnAir, "logged">) => void;
  /** For mutants: what airs in place of what is expected, and what becomes of the stream. */
  readonly lie?: {
    readonly segments?: (segments: readonly SeamSegment[]) => readonly SeamSegment[];
    readonly stream?: (bytes: Buffer) => Buffer;
  };
}

/** 2027-01-15, and a moment that lies on no grid. */
const epochNs = 1_800_000_000_123_456_789n;
/** From the engine's start to the plan's, in real time: it has to be up by then. */
const startsAfterMs = { stepped: 1_500, system: 8_000 } as const;
/** Ticks watched before the plan begins, and after it has ended. */
const marginTicks = 12;
/** Time goes on by so much at once: less than the least lead, so that nothing is due that was not waited for. */
const stepNs = nanosecondsFromMs(60);
/** The bus is waited for until it is this far ahead: less than the lead that the engine aims at. */
const aheadNs = nanosecondsFromMs(400);

/** Airs a plan of mixed seams through the processes of a real engine, and reads back every tick on the bus and in the stream. */
export async function runSeams(options: SeamRunOptions, signal: AbortSignal): Promise<SeamReport> {
  const { clips, seams, seed, frameRate, clock } = options;
  const format: ProgramFormat = { ...defaultProgramFormat, width: 320, height: 180, frameRate };
  const segments = seamPlan({ clips, seams, seed, format, crowded: clock === "stepped" });
  const now = clock === "stepped" ? epochNs : utcNow();
  const start = (now + BigInt(startsAfterMs[clock]) * 1_000_000n) as Nanoseconds;
  const air = new ExpectedAir(segments, start, format);
  const report = new SeamReport();
  const steppedFrom = clock === "stepped" ? (epochNs as Nanoseconds) : undefined;
  const plan = planFile(options.lie?.segments?.(segments) ?? segments, start);
  const { decoders, expected = [] } = options;
  await using engine = new EngineOnAir({ format, plan, steppedFrom, ...(decoders && { decoders }) });
  await using reader = await engine.openBus();
  // Before it is at work, time that passes is time that it does not encode.
  await engine.untilEncoding();
  using recorder = new Recorder(engine.streamUrl());
  await engine.until(() => recorder.answered, "an answer to a viewer");
  const run = { engine, reader, recorder, air, check: new BusCheck(air, format, report), signal };
  if (steppedFrom === undefined) await follow(run);
  else await drive(run, steppedFrom);
  run.check.end();
  const bytes = recorder.bytes();
  const received = bytes.subarray(0, bytes.length - (bytes.length % 188));
  const whole = options.lie?.stream?.(received) ?? received;
  if (recorder.ended !== undefined) report.add(`stream: to go on, found that it ${recorder.ended}`);
  for (const message of ["renderer replaced", "worker replaced", "opening failed", "a viewer left"])
    for (const line of engine.logged(message)) report.add(`engine: ${JSON.stringify(line)}`);
  const code = await engine.stop();
  if (code !== 0) report.add(`engine: to end with 0, found ${code}`);
  for (const trouble of engine.troubles(air.first, expected)) report.add(`engine: ${trouble}`);
  options.look?.(engine);
  const path = join(engine.folder, "recording.ts");
  writeFileSync(path, whole);
  await checkStream({ path, bytes: whole }, air, format.sampleRate, report, signal);
  return report;
}

interface Run {
  readonly engine: EngineOnAir;
  readonly reader: FrameReader;
  readonly recorder: Recorder;
  readonly air: ExpectedAir;
  readonly check: BusCheck;
  readonly signal: AbortSignal;
}

/** Reads the bus as time goes by. */
async function follow({ engine, reader, recorder, air, check, signal }: Run): Promise<void> {
  const last = tickAfter(air.end, marginTicks);
  for (let tick = tickAfter(air.first, -marginTicks); tick <= last; tick = tickAfter(tick, 1)) {
    const lease = await reader.at(tick, signal);
    if (lease.overrun)
      throw new Error(`The bus no longer holds tick ${tick}: this machine is too busy to look.`);
    check.take(lease);
  }
  // Sound comes up to 85 ms behind its picture: an AAC frame is known when its last sample is.
  await engine.until(() => isSent(recorder, air, last), "the plan's end in the stream");
}

/** Lets time go on step by step: each time when the bus is ahead and the stream has caught up. */
async function drive(run: Run, from: Nanoseconds): Promise<void> {
  const { engine, reader, recorder, air, check, signal } = run;
  const { grid } = air;
  const end = grid.tickTime(tickAfter(air.end, marginTicks));
  let next: Tick | undefined;
  for (let now = from; now < end; now = (now + stepNs) as Nanoseconds) {
    await engine.moveTo(now);
    const ahead = grid.tickAtOrBefore((now + aheadNs) as Nanoseconds);
    await engine.until(() => reader.head() >= ahead, `tick ${ahead} on the bus (from ${reader.head()})`);
    for (next ??= reader.oldest(); next <= reader.head(); next = tickAfter(next, 1)) {
      const lease = await reader.at(next, signal);
      if (lease.overrun) throw new Error(`The bus no longer holds tick ${next}.`);
      check.take(lease);
    }
    const due = tickAfter(grid.tickAtOrBefore(now), -1);
    if (due > air.first) await engine.until(() => isSent(recorder, air, due), `tick ${due} in the stream`);
  }
}

/** True when the picture of a tick has begun to arrive. */
function isSent({ lastPts, ended }: Recorder, { grid }: ExpectedAir, tick: Tick): boolean {
  if (ended !== undefined) throw new Error(`The stream ${ended} before tick ${tick}.`);
  if (lastPts < 0n) return false;
  const behind = (ptsOfTick(grid, tick) - lastPts + ptsModulus) % ptsModulus;
  return behind === 0n || behind > ptsModulus / 2n;
}
