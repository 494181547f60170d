// pnpm soak [--minutes N] [--channels N] [--encoded N] [--calm] [--seed S]: plays many short segments through a real engine that is
// disturbed all the while, and says whether it kept its promises and what grew.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../built-cli.ts";
import { utcNow } from "../seams/real-time.ts";
import { plotOf } from "./plot.ts";
import { channelLine, reportOf } from "./report.ts";
import { verdictsOf } from "./series.ts";
import { sheetPage } from "./sheet-page.ts";
import { soak } from "./soak.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    channels: { type: "string", default: "7" },
    encoded: { type: "string" },
    calm: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
  },
  // pnpm hands its own "--" on.
  args: process.argv.slice(2).filter((word) => word !== "--"),
});
const minutes = Number(values.minutes);
const channels = Number(values.channels);
const encoded = Number(values.encoded ?? Math.ceil(channels / 2));
const seed = Number(values.seed);
const isValid = minutes > 0 && [channels, seed].every(Number.isSafeInteger) && channels >= 1 && encoded >= 0;
if (!isValid) {
  say("Usage: pnpm soak [--minutes N] [--channels N] [--encoded N] [--calm] [--seed S]");
  process.exitCode = 2;
} else {
  const isTerminal = process.stdout.isTTY === true;
  const onProgress = (progress: string) => {
    if (isTerminal) process.stdout.write(`\r${progress}\u001b[K`);
  };
  const run = await soak({ channels, isCalm: values.calm, encoded, seed, until: { minutes }, onProgress });
  if (isTerminal) process.stdout.write("\r\u001b[K");
  const verdicts = verdictsOf(run.samples);
  const { lines, broken } = reportOf(run, verdicts);
  const folder = join(
    root,
    ".cache/soak",
    new Date(Number(utcNow() / 1_000_000n)).toISOString().slice(0, 19).replaceAll(":", ""),
  );
  mkdirSync(folder, { recursive: true });
  const title = `Soak of ${run.minutes.toFixed(1)} minutes, ${channels} channels, seed ${seed}`;
  writeFileSync(join(folder, "plot.svg"), plotOf(title, verdicts));
  writeFileSync(join(folder, "samples.json"), JSON.stringify(run.samples));
  const notes = new Map(run.channels.map((one) => [one.id, channelLine(one)]));
  writeFileSync(join(folder, "as-run.html"), sheetPage(title, run.sheets, notes));
  const end = broken.length === 0 ? "Every promise was kept." : `${broken.length} promises were broken:`;
  const text = [title, ...lines, end, ...broken.map((what) => `BROKEN ${what}`)];
  writeFileSync(join(folder, "report.txt"), `${text.join("\n")}\n`);
  for (const line of text) say(line);
  say(`report, plot, samples and the as-run log beside its plan: ${relative(process.cwd(), folder)}`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
