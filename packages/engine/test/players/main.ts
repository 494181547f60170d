// pnpm players [--seconds N] [--out FOLDER] [PLAYER…]: has each player that is installed play a channel across seams.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { defaultProgramFormat, type Nanoseconds, rational } from "@retrovue/core";
import { EngineOnAir } from "../seams/engine-on-air.ts";
import { ExpectedAir } from "../seams/expected-air.ts";
import { utcNow } from "../seams/real-time.ts";
import { seamClips } from "../seams/seam-clips.ts";
import { planFile, seamPlan } from "../seams/seam-plan.ts";
import { chromium } from "./chromium.ts";
import { ffprobe } from "./ffprobe.ts";
import { gstreamer } from "./gstreamer.ts";
import type { Player } from "./player.ts";
import { vlc } from "./vlc.ts";

const players: readonly Player[] = [ffprobe, gstreamer, vlc, chromium];
/** From the engine's start to the plan's. */
const startsAfterMs = 8_000n;
/** A cut each half second or so: enough of them for all of a player's time, and for its start. */
const seamsPerSecond = 3;
const clipsPatienceMs = 600_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      seconds: { type: "string", default: "60" },
      out: { type: "string", default: ".cache/players" },
    },
    allowPositionals: true,
    // pnpm hands its own "--" on.
    args: process.argv.slice(2).filter((word) => word !== "--"),
  });
  const seconds = Number(values.seconds);
  const wanted = players.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name.toLowerCase()),
  );
  if (!Number.isSafeInteger(seconds) || seconds < 1 || wanted.length < Math.max(1, positionals.length)) {
    say("Usage: pnpm players [--seconds N] [--out FOLDER] [ffprobe] [gstreamer] [vlc] [chromium]");
    return 2;
  }
  const { clips } = await seamClips(AbortSignal.timeout(clipsPatienceMs));
  if (clips.length === 0) {
    say("skipped: ffmpeg, which makes what is played, is not installed\n0 passed, 0 failed");
    return 0;
  }
  let failed = 0;
  let passed = 0;
  for (const player of wanted) {
    const why = player.missing();
    if (why !== undefined) {
      say(`${player.name}: skipped, ${why}`);
      continue;
    }
    const verdict = await watch(player, seconds, resolve(values.out), clips);
    say(`${player.name}: ${verdict.played}; ${verdict.complaints.length} complaints`);
    for (const complaint of verdict.complaints) say(`  ${complaint}`);
    if (verdict.complaints.length > 0) failed += 1;
    else passed += 1;
  }
  say(`${passed} passed, ${failed} failed`);
  if (passed + failed === 0) say("Nothing was shown: none of the players is installed.");
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** Each has an engine of its own, so that one's load is not another's. */
async function watch(
  player: Player,
  seconds: number,
  out: string,
  clips: Parameters<typeof seamPlan>[0]["clips"],
) {
  const format = { ...defaultProgramFormat, width: 640, height: 360, frameRate: rational(30_000, 1_001) };
  const seams = seamsPerSecond * (seconds + 30);
  const segments = seamPlan({ clips, seams, seed: 7, format, crowded: false });
  const start = (utcNow() + startsAfterMs * 1_000_000n) as Nanoseconds;
  await using engine = new EngineOnAir({ format, plan: planFile(segments, start), steppedFrom: undefined });
  await using reader = await engine.openBus();
  await engine.untilEncoding();
  // They join among the seams, as viewers do.
  const { first } = new ExpectedAir(segments, start, format);
  await engine.until(() => reader.head() > first + 3 * 30, "a channel on air");
  const folder = join(out, player.name.toLowerCase());
  mkdirSync(folder, { recursive: true });
  const verdict = await player.play(engine.streamUrl(), seconds, folder);
  const code = await engine.stop();
  const troubles = code === 0 ? engine.troubles(first) : [...engine.troubles(first), `it ended with ${code}`];
  return {
    ...verdict,
    complaints: [...verdict.complaints, ...troubles.map((line) => `the engine: ${line}`)],
  };
}

process.exitCode = await main();
