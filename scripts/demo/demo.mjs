import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../setup/command.mjs";
import { root } from "../setup/root.mjs";
import { programmesIn } from "./make-programmes.mjs";
import { broken, recipes, still } from "./recipes.mjs";

/** Everything that the demo makes; removed, it is made anew. */
const folder = join(root, "var", "demo");

/**
 * Makes the demo's programmes, plan and configuration where they are not there, and gives the configuration's path. Without ffmpeg
 * the engine's own test patterns play.
 */
export async function prepareDemo() {
  mkdirSync(folder, { recursive: true });
  const hasPrograms = onPath("ffmpeg");
  const media = hasPrograms ? await programmesIn(folder) : folder;
  write("plan.yaml", hasPrograms ? planOf(media) : patternPlan);
  write("playout.yaml", configFor(media));
  return join(folder, "playout.yaml");
}

/**
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  const path = join(folder, name);
  // What did not change keeps its time, for people who look.
  if (contentOf(path) !== text) writeFileSync(path, text);
}

/** @param {string} path */
function contentOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} media */
function planOf(media) {
  /** @param {string} file @param {string} title @param {number} seconds @param {string} [more] */
  const segment = (file, title, seconds, more = "") =>
    `  - { uri: ${JSON.stringify(join(media, file))}, title: ${title}, duration: ${seconds}s${more} }`;
  /** @param {string} file */
  const programme = (file) => {
    const recipe = recipes.find((one) => one.file === file);
    if (recipe === undefined) throw new Error(`no recipe makes ${file}`);
    return segment(file, recipe.title, recipe.seconds, file.startsWith("advert") ? ", kind: filler" : "");
  };
  return [
    "# The demo: each seam joins another codec, rate, shape and sound layout. Made by scripts/demo; edits are lost.",
    "title: Demo",
    "end: loop",
    "segments:",
    programme("feature.mp4"),
    programme("advert-one.mp4"),
    programme("news.ts"),
    programme("advert-two.webm"),
    programme("cartoon.mkv"),
    segment(still.file, still.title, still.seconds),
    programme("sports.mkv"),
    "  # A file that nobody can play: slate, and back at the next boundary.",
    segment(broken.file, broken.title, broken.seconds),
    "",
  ].join("\n");
}

const patternPlan = [
  "# Without ffmpeg: the engine's own test patterns. Made by scripts/demo; edits are lost.",
  "title: Demo",
  "end: loop",
  "segments:",
  '  - { uri: "test://bars", title: BARS, duration: 10s }',
  '  - { uri: "test://pattern", title: PATTERN, duration: 10s }',
  "",
].join("\n");

/** @param {string} media */
function configFor(media) {
  return `# The demo's configuration, made by scripts/demo; edits are lost. docs/contracts/config.md says what may stand here.
engine: { id: demo, dataDir: ./data }
media: { roots: [${JSON.stringify(media)}] }
telemetry: { log: { level: warn } }
defaults:
  # What one core encodes beside a decoder.
  format: { width: 1280, height: 720, frameRate: 30000/1001 }
channels:
  - id: 1
    name: Demo
    plan: ./plan.yaml
    encode: { video: { bitrateKbps: 4000, preset: superfast } }
`;
}
