import {
  admitOptions,
  admitPlugin,
  type DecoderFactory,
  PlayoutError,
  type Plugin,
  type PluginContext,
  type PortTypes,
  provisionOf,
} from "@retrovue/core";
import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import type { KnownFailure } from "../framework/known-failures.js";
import type { Suite } from "../framework/rule.js";
import { type Clip, type ClipSource, isClip, type NoClip } from "../media/clip.js";
import { clipFolder } from "../media/clip-cache.js";
import { clipSources } from "../media/clip-sources.js";
import { SoundOracle } from "./sound-oracle.js";
import { strangersFor } from "./strangers.js";
import { DecoderSubject } from "./subject.js";
import { decoderSuite } from "./suite.js";

/** A rule that a decoder is known to break, for one medium or for all. */
export interface KnownDecoderFailure extends KnownFailure {
  /** Name of the medium, as in `media`. Left out: every medium. */
  readonly media?: string;
}

/** What `decoderContract` takes. Give either `plugin` or `factory`. */
export interface DecoderContractOptions extends Omit<ContractOptions, "knownFailures" | "title"> {
  /** The default export of the decoder's package; loaded as the engine loads it. */
  readonly plugin?: Plugin;
  /** Options for the plugin, as they would stand in the configuration. */
  readonly options?: unknown;
  /** A factory that is there already; the caller closes it. */
  readonly factory?: DecoderFactory;
  /** What the decoder can open: names of clips that this package makes ("y4m", "mp4-h264-aac"), or sources of one's own. */
  readonly media: readonly (string | ClipSource)[];
  readonly knownFailures?: readonly KnownDecoderFailure[];
  /**
   * Counts what the decoders hold, where they know. Left out: open file descriptors on the clip are counted, and clips
   * that are no files go unchecked.
   */
  readonly outstanding?: () => number;
  /** Tells runs over several decoders apart. Default: the plugin's name, or "decoder". */
  readonly title?: string;
}

/**
 * Runs the decoder suite over each medium.
 *
 * @example
 * import { decoderContract } from "@retrovue/plugin-contract";
 * import * as vitest from "vitest";
 * import plugin from "../src/index.js";
 *
 * decoderContract({ runner: vitest, plugin, media: ["y4m"], knownFailures: [] });
 */
export function decoderContract(options: DecoderContractOptions): void {
  if ((options.plugin === undefined) === (options.factory === undefined)) {
    throw new PlayoutError("InvalidArgument", "decoderContract takes either a plugin or a factory.");
  }
  if (options.media.length === 0) {
    throw new PlayoutError("InvalidArgument", "decoderContract wants at least one medium to play.");
  }
  const title = options.title ?? options.plugin?.name ?? "decoder";
  for (const medium of options.media) {
    const source = typeof medium === "string" ? namedSource(medium) : medium;
    const known = (options.knownFailures ?? []).filter(
      (failure) => failure.media === undefined || failure.media === source.name,
    );
    const { runner, hangTimeoutMs, only } = options;
    declareSuite(mediumSuite, mediumSetUp(source, options), {
      runner,
      title: `${title}: ${source.name}`,
      knownFailures: known,
      ...(hangTimeoutMs !== undefined && { hangTimeoutMs }),
      ...(only && { only }),
    });
  }
}

/** A decoder that needs no other port is handed none. */
const noPorts = {} as PortTypes;

/** A subject, or why there is none on this machine. */
interface MediumSubject extends AsyncDisposable {
  readonly made: DecoderSubject | NoClip;
}

const mediumSuite: Suite<MediumSubject> = Object.freeze({
  name: decoderSuite.name,
  rules: decoderSuite.rules.map((rule) => ({
    ...rule,
    check: ({ made }: MediumSubject, signal: AbortSignal) =>
      made instanceof DecoderSubject ? rule.check(made, signal) : undefined,
    notApplicable: ({ made }: MediumSubject) =>
      made instanceof DecoderSubject ? rule.notApplicable?.(made) : made.unavailable,
  })),
});

function mediumSetUp(source: ClipSource, options: DecoderContractOptions) {
  // The clip and its reference sound are the same for every check, and take a moment to make.
  let clip: Promise<Clip | NoClip> | undefined;
  let oracle: SoundOracle | undefined;
  return async (signal: AbortSignal): Promise<MediumSubject> => {
    clip ??= source.make(new AbortController().signal);
    const made = await clip;
    if (!isClip(made)) return { made, [Symbol.asyncDispose]: async () => {} };
    oracle ??= new SoundOracle(made.truth);
    const factory = options.factory ?? (await createFactory(options));
    signal.throwIfAborted();
    const subject = new DecoderSubject(factory, made, oracle, await strangersFor(made), options.outstanding);
    return {
      made: subject,
      [Symbol.asyncDispose]: async () => {
        await subject[Symbol.asyncDispose]();
        if (options.factory === undefined && Symbol.asyncDispose in factory) {
          await (factory as DecoderFactory & AsyncDisposable)[Symbol.asyncDispose]();
        }
      },
    };
  };
}

async function createFactory(options: DecoderContractOptions): Promise<DecoderFactory> {
  const plugin = admitPlugin(options.plugin, "under test");
  const provision = provisionOf(plugin, "decoder", plugin.name);
  const silent = (): void => {};
  const context: PluginContext = {
    log: { debug: silent, info: silent, warn: silent, error: silent },
    configFolder: clipFolder(),
    mediaRoots: [clipFolder()],
    protocols: ["file", "test"],
  };
  if ((provision.needs ?? []).length > 0) {
    throw new PlayoutError(
      "PluginInvalid",
      `${plugin.name} asks for other ports; a decoder is tested alone.`,
    );
  }
  const settings = admitOptions(provision, options.options, plugin.name);
  return (await provision.create(settings, context, noPorts)) as DecoderFactory;
}

function namedSource(name: string): ClipSource {
  const source = clipSources.find((candidate) => candidate.name === name);
  if (source) return source;
  const names = clipSources.map((candidate) => candidate.name).join(", ");
  throw new PlayoutError("InvalidArgument", `There is no clip "${name}". There are: ${names}.`);
}
