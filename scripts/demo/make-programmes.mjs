import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../setup/command.mjs";
import { SetUpError } from "../setup/set-up-error.mjs";
import { broken, recipes, still } from "./recipes.mjs";

/** Programmes made at a time: encoders have threads of their own. */
const atOnce = 2;

/** @typedef {import("./recipes.mjs").Recipe} Recipe */

/**
 * The folder of the demo's programmes, made where it is not there: its name tells what they were made of.
 *
 * @param {string} folder where such folders are kept; others in it are removed
 */
export async function programmesIn(folder) {
  const made = createHash("sha256").update(JSON.stringify([recipes, still, broken, drawing("", "", "")]));
  const name = `programmes-${made.digest("hex").slice(0, 12)}`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  // Aside and renamed: a folder that is there is whole.
  const aside = `${path}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const waiting = [
    ...recipes.map((recipe) => () => make(aside, recipe.file, argumentsFor(recipe))),
    () => make(aside, still.file, stillArguments()),
    () => make(aside, broken.file, brokenArguments()),
  ];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    truncateSync(join(aside, broken.file), broken.bytes);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
  for (const other of readdirSync(folder))
    if (other.startsWith("programmes-") && other !== name) rmSync(join(folder, other), { recursive: true });
  return path;
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {readonly string[]} args
 */
async function make(folder, file, args) {
  const whole = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args, join(folder, file)];
  const result = await runCommand("ffmpeg", whole);
  if (result.code !== 0) {
    throw new SetUpError(
      `Making the demo's ${file} failed.`,
      "See ffmpeg's words above. Your own files play with: npm start -- play FILE…",
      result.output,
    );
  }
}

/** @param {Recipe} recipe */
function argumentsFor({ title, what, seconds, rate, size, source, tone, filter, picture, sound }) {
  const sized = `${source}${source.includes("=") ? ":" : "="}size=${size}:rate=${rate}`;
  const shown = [drawing(title, what, `${seconds} s`), filter].filter((step) => step !== undefined).join(",");
  // A beep at each second on a soft tone: whether sound and picture fit can be heard and seen.
  const beep = `aevalsrc=exprs='0.08*sin(2*PI*${tone}*t)+0.3*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.06)':s=48000`;
  return [
    ...["-f", "lavfi", "-t", String(seconds), "-i", sized],
    ...["-f", "lavfi", "-t", String(seconds), "-i", beep],
    ...["-vf", shown, ...picture, ...sound, "-shortest"],
  ];
}

function stillArguments() {
  const { title, what, size } = still;
  return [
    ...["-f", "lavfi", "-i", `gradients=c0=0x203020:c1=0x608040:size=${size}:rate=1`],
    ...["-vf", drawing(title, what, "no frames to count", false), "-frames:v", "1"],
  ];
}

function brokenArguments() {
  // Noise does not shrink, so that the cut is sure to be in the middle; the index stands at the end and is cut off.
  const source = "testsrc2=size=640x360:rate=25,noise=alls=60:allf=t";
  return [
    "-f",
    "lavfi",
    "-t",
    "2",
    "-i",
    source,
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-pix_fmt",
    "yuv420p",
  ];
}

/**
 * Title, description and a frame counter that people can read.
 *
 * @param {string} title
 * @param {string} what
 * @param {string} length
 * @param {boolean} [counts]
 */
function drawing(title, what, length, counts = true) {
  /** @param {string} text @param {number} share of the height @param {string} y */
  const line = (text, share, y) =>
    `drawtext=text='${text}':fontsize=h*${share}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=8:x=(w-tw)/2:y=${y}`;
  const escaped = what.replaceAll(":", "\\:").replaceAll(",", "\\,");
  return [
    line(title, 0.12, "h*0.22"),
    line(escaped, 0.045, "h*0.42"),
    line(counts ? "frame %{frame_num}" : length, 0.14, "h*0.58"),
    // A moving mark: a repeated or missing frame is seen at once.
    ...(counts ? [`drawtext=text='|':fontsize=h*0.1:fontcolor=white:x='mod(n*8\\,w)':y=h*0.85`] : []),
  ].join(",");
}
