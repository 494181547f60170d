import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve as resolvePath } from "node:path";
import { type AssetInfo, type MediaTime, PlayoutError, SystemClock } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { ProcessHold } from "../clock/process-hold.js";
import type { Environment } from "../config/environment.js";
import { type ConfigOverride, type ConfigReading, readConfigWithoutFile } from "../config/load.js";
import type { PlayoutConfig } from "../config/playout-config.js";
import { planHandleKind } from "../config/rules/plans.js";
import { openLog } from "../log/log.js";
import { MediaWorker } from "../media/media-worker.js";
import { isPlanFile } from "../plans/plan-file.js";
import { configuredPlugins } from "../plugins/configured-plugins.js";
import { beginWorker } from "../workers/process-workers.js";
import { exitCodes } from "./exit-codes.js";
import type { EngineOptions } from "./launch.js";
import { type EngineRunner, runLaunch } from "./run-engine.js";
import type { Terminal } from "./terminal.js";

/** How long a picture without an end, or one that stands still, airs in each round. */
const endlessNs = 10_000_000_000n;

/** Files looked at side by side: as many as the process that looks at them does. */
const looksMax = 4;

/**
 * Plays files (or a plan file, or URIs) as channel 1, one after another, for ever. Files that nobody plays are told and left out.
 * Gives the exit code.
 */
export async function playFiles(
  files: readonly string[],
  options: EngineOptions,
  terminal: Terminal,
  run?: EngineRunner,
): Promise<number> {
  const assets = files.map((file) => (planHandleKind(file) === "uri" ? file : resolvePath(file)));
  const [only] = assets;
  const planFile = assets.length === 1 && only !== undefined && isPlanFile(only) ? only : undefined;
  const reading = configToPlay(assets, planFile, options, terminal.environment);
  if (reading.ok && planFile === undefined) {
    const segments = await segmentsOf(assets, reading.config, terminal);
    if (segments.length === 0) return exitCodes.BadData.code;
    const { dataDir } = reading.config.engine;
    writePlan(dataDir, JSON.stringify({ title: "play", end: "loop", segments }, null, 1));
  }
  const launch = { name: "the command line", named: undefined, reading };
  return await runLaunch(launch, terminal, run, { announce: true });
}

/** `PermissionDenied` or `Unavailable` where the folder for what the command keeps cannot be written. */
function writePlan(dataDir: string, text: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(planIn(dataDir), text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isForbidden = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new PlayoutError(
      isForbidden ? "PermissionDenied" : "Unavailable",
      `The folder ${dataDir} cannot be written (${code ?? "unknown cause"}).`,
      {
        cause,
        remedy: "Name another one that can by XDG_STATE_HOME.",
        details: { path: dataDir },
      },
    );
  }
}

const planIn = (dataDir: string): string => join(dataDir, "play.json");

/** The configuration that the command stands for. */
export function configToPlay(
  assets: readonly string[],
  planFile: string | undefined,
  options: EngineOptions,
  environment: Environment,
): ConfigReading {
  const state = environment["XDG_STATE_HOME"] || join(environment["HOME"] || homedir(), ".local", "state");
  const dataDir = join(state, "retrovue", "play");
  const folders = assets.filter((asset) => planHandleKind(asset) !== "uri").map((asset) => dirname(asset));
  const overrides: ConfigOverride[] = [
    { path: ["engine"], value: { id: `play-${process.pid}`, dataDir }, option: "play" },
    { path: ["media", "roots"], value: folders.length === 0 ? ["."] : [...new Set(folders)], option: "FILE" },
    {
      path: ["channels"],
      value: [
        {
          id: 1,
          name: planFile === undefined ? titleFor(assets) : basename(planFile),
          plan: planFile ?? planIn(dataDir),
          // What one core encodes beside a decoder; a configuration says otherwise.
          format: { width: 1_280, height: 720 },
          encode: { video: { preset: "superfast" } },
        },
      ],
      option: "FILE",
    },
    ...(options.http === undefined
      ? []
      : [{ path: ["http", "control", "listen"], value: options.http, option: "--http" }]),
    {
      path: ["telemetry", "log", "level"],
      value: options.logLevel ?? "warn",
      option: "--log-level",
    },
  ];
  return readConfigWithoutFile(process.cwd(), {
    environment,
    overrides: () => overrides,
    // The plan is written when the files have been looked at.
    exists: () => true,
  });
}

function titleFor(assets: readonly string[]): string {
  const [first = "nothing"] = assets;
  const more = assets.length > 1 ? ` and ${assets.length - 1} more` : "";
  return `${basename(first).slice(0, 48)}${more}`;
}

/** A segment of the plan for each asset that somebody plays, with its length. */
async function segmentsOf(assets: readonly string[], config: PlayoutConfig, terminal: Terminal) {
  using _hold = new ProcessHold();
  const host = new NodeHostTime();
  using clock = new SystemClock(host);
  const { frameBus, decoders, conformer } = configuredPlugins(config);
  const preparation = {
    frameBus,
    decoders,
    conformer,
    folder: config.folder,
    mediaRoots: config.media.roots,
    protocols: config.media.protocols,
  };
  await using worker = new MediaWorker({
    begin: () => beginWorker(preparation, clock),
    timer: host.timer,
    // What matters is told of each file.
    log: openLog({ level: "fatal", format: "json", now: () => host.utc(), write: () => {} }),
  });
  const found: (ReturnType<typeof segmentOf> | undefined)[] = [];
  const waiting = [...assets.entries()];
  const look = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, uri] = next;
      const { asset, error } = await worker.inspect(uri, new AbortController().signal);
      if (asset !== undefined) {
        found[at] = segmentOf(uri, asset);
        continue;
      }
      const why = error?.what.replace(/\.$/, "") ?? "nobody plays it";
      terminal.warn(`${uri} is left out: ${why}`, error?.remedy);
    }
  };
  await Promise.all(Array.from({ length: looksMax }, look));
  const segments = found.filter((segment) => segment !== undefined);
  if (segments.length === 0) terminal.error("nothing is left to play");
  return segments;
}

function segmentOf(uri: string, { duration, picture }: AssetInfo) {
  const isEndless = duration === undefined || picture?.still === true;
  return { uri, title: basename(uri).slice(0, 256), duration: secondsOf(isEndless ? endlessNs : duration) };
}

/** As protobuf's JSON has durations: "1.500s". */
const secondsOf = (ns: MediaTime | bigint): string =>
  `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}s`;
