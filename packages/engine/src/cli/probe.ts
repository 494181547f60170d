import { existsSync } from "node:fs";
import { dirname, resolve as resolvePath } from "node:path";
import {
  type AssetInfo,
  formatRational,
  type NamedDecoder,
  PlayoutError,
  type PluginContext,
  SystemClock,
} from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { ProcessHold } from "../clock/process-hold.js";
import { readConfigWithoutFile } from "../config/load.js";
import type { PlayoutConfig } from "../config/playout-config.js";
import { planHandleKind } from "../config/rules/plans.js";
import { FileCalls } from "../media/file-calls.js";
import type { Inspection } from "../media/inspection.js";
import { MediaInspector } from "../media/media-inspector.js";
import { configuredPlugins } from "../plugins/configured-plugins.js";
import { DecoderSet } from "../plugins/decoder-set.js";
import { foldersFor, pluginFoldersOf } from "../plugins/plugin-folders.js";
import { exitCodeFor, exitCodes } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** The configuration that `probe` has where there is no file: the default decoders, and the files' folders as media roots. */
export function configForProbe(files: readonly string[], environment: Terminal["environment"]) {
  const folders = files
    .filter((file) => planHandleKind(file) !== "uri")
    .map((file) => dirname(resolvePath(file)));
  const roots = [...new Set(folders.length === 0 ? ["."] : folders)];
  return readConfigWithoutFile(process.cwd(), {
    environment,
    overrides: () => [{ path: ["media", "roots"], value: roots, option: "FILE" }],
  });
}

/** Tells for each file who would play it, why, and what it is. Gives the exit code: that of the first file nobody plays. */
export async function probeFiles(
  files: readonly string[],
  config: PlayoutConfig,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  using _hold = new ProcessHold();
  using clock = new SystemClock(new NodeHostTime());
  const notLoaded: PlayoutError[] = [];
  const sets: DecoderSet[] = [];
  const asking = new FileCalls({ places: config.media.roots });
  try {
    // One at a time: a decoder that is not installed must not keep the others from telling.
    for (const use of configuredPlugins(config).decoders) {
      const set = await DecoderSet.open({
        uses: [use],
        folder: config.folder,
        ports: { clock },
        files: asking,
        contextFor: () => contextOf(config, use.use),
      }).catch((thrown: unknown) => {
        notLoaded.push(PlayoutError.from(thrown));
        return undefined;
      });
      if (set !== undefined) sets.push(set);
    }
    const decoders = sets.flatMap((set) => set.decoders);
    const [first] = notLoaded;
    if (decoders.length === 0 && first !== undefined) throw first;
    if (!options.json)
      for (const { what, remedy } of notLoaded) terminal.warn(what.replace(/\.$/, ""), remedy);
    const found = await inspectAll(files, decoders, clock);
    if (options.json) terminal.print(JSON.stringify(asJson(found, notLoaded), null, 2));
    else for (const inspection of found) report(inspection, terminal);
    const failed = found.find(({ error }) => error !== undefined);
    return failed === undefined ? exitCodes.Ok.code : exitCodeFor(failed.error);
  } finally {
    for (const set of sets.toReversed()) await set[Symbol.asyncDispose]();
  }
}

async function inspectAll(
  files: readonly string[],
  decoders: readonly NamedDecoder[],
  clock: SystemClock,
): Promise<readonly Inspection[]> {
  const inspector = new MediaInspector(decoders, clock);
  const found: Inspection[] = [];
  for (const file of files) {
    const isUri = planHandleKind(file) === "uri" && !existsSync(file);
    found.push(await inspector.inspect(isUri ? file : resolvePath(file), new AbortController().signal));
  }
  return found;
}

/** Plugins say nothing on the command line: results are for programs too. They know what the engine's have learnt. */
function contextOf(config: PlayoutConfig, plugin: string): PluginContext {
  const folders = foldersFor(pluginFoldersOf(config.engine.dataDir), plugin);
  return {
    log: { debug() {}, info() {}, warn() {}, error() {} },
    configFolder: config.folder,
    mediaRoots: config.media.roots,
    protocols: config.media.protocols,
    ...(folders && { folders }),
  };
}

function asJson(found: readonly Inspection[], notLoaded: readonly PlayoutError[]): object {
  return {
    ok: found.every(({ error }) => error === undefined),
    files: found.map(({ uri, decoder, candidates, asset, error }) => ({
      uri,
      decoder: decoder ?? null,
      candidates: candidates.map(({ name, probe }) => ({ name, score: probe.score, reason: probe.reason })),
      asset: asset === undefined ? null : assetAsJson(asset),
      ...(error && { error: errorAsJson(error) }),
    })),
    notLoaded: notLoaded.map(errorAsJson),
  };
}

const errorAsJson = ({ code, what, remedy }: PlayoutError) => ({ code, what, ...(remedy && { remedy }) });

/** Times are decimal strings of nanoseconds, since JSON's numbers are not exact; rates are fractions. */
function assetAsJson({ container, duration, picture, sound }: AssetInfo): object {
  return {
    container,
    durationNs: duration === undefined ? null : String(duration),
    picture:
      picture === undefined
        ? null
        : {
            codec: picture.codec,
            nominalRate: picture.nominalRate === undefined ? null : formatRational(picture.nominalRate),
            still: picture.still === true,
            format: { ...picture.format, sampleAspect: formatRational(picture.format.sampleAspect) },
          },
    sound: sound === undefined ? null : { ...sound, language: sound.language ?? null },
  };
}

function report({ uri, decoder, candidates, asset, error }: Inspection, terminal: Terminal): void {
  if (asset === undefined) {
    terminal.error(`${uri}: ${error?.what.replace(/\.$/, "") ?? "nobody plays it"}`, error?.remedy);
  } else {
    terminal.print(`${terminal.style("bold", uri)}\n  played by ${decoder ?? "nobody"}`);
    terminal.print(`  ${describe(asset)}`);
  }
  for (const { name, probe } of candidates) {
    terminal.print(`  ${String(probe.score).padStart(3)}  ${name}: ${probe.reason}`);
  }
}

function describe({ container, duration, picture, sound }: AssetInfo): string {
  const length =
    duration === undefined ? "length unknown or endless" : `${Number(duration / 1_000_000n) / 1_000} s`;
  const pictures =
    picture === undefined
      ? "no picture"
      : `${picture.codec} ${picture.format.width}x${picture.format.height} ${picture.format.pixelFormat}${picture.nominalRate === undefined ? "" : ` at ${formatRational(picture.nominalRate)}`}`;
  const sounds =
    sound === undefined
      ? "no sound"
      : `${sound.codec} ${sound.sampleRate} Hz ${sound.layout}${sound.language ? ` (${sound.language})` : ""}`;
  return `${container}, ${length}; ${pictures}; ${sounds}`;
}
