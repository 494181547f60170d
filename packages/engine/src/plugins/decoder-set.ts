import {
  type DecoderFactory,
  type NamedDecoder,
  PlayoutError,
  type PluginContext,
  type PortTypes,
} from "@retrovue/core";
import type { FileCalls } from "../media/file-calls.js";
import { GuardedDecoderFactory } from "../media/guarded-decoder-factory.js";
import { MediaAccess } from "../media/media-access.js";
import { TrailedDecoderFactory } from "../workers/trailed-decoder.js";
import { loadPlugin, type PluginUse } from "./load-plugin.js";

/** A decoder to be made. */
export interface DecoderUse extends PluginUse {
  readonly port: "decoder";
  /** The file in which breadcrumbs are left around its calls. Left out where it leaves its own, or nobody asks for them. */
  readonly trail?: string;
}

/** What decoders are made with. */
export interface DecoderSetOptions {
  readonly uses: readonly DecoderUse[];
  /** The context of one plugin: its log names it. */
  readonly contextFor: (use: PluginUse) => PluginContext;
  readonly ports: Partial<PortTypes>;
  /** Shared by all in this process that ask for files of others: each of its calls may hold a thread for ever. */
  readonly files: FileCalls;
  /** Of the configuration file. */
  readonly folder: string;
}

/** The configured decoders of one process, each guarded by the media rules. Closes what it made, the last made first. */
export class DecoderSet implements AsyncDisposable {
  readonly #factories: readonly GuardedDecoderFactory[];

  private constructor(
    /** In the order of the configuration: a decoder's index in it is its index everywhere. */
    readonly decoders: readonly NamedDecoder[],
    factories: readonly GuardedDecoderFactory[],
  ) {
    this.#factories = factories;
  }

  /** Loads and makes all of them. Where one fails, those made before are closed, and its error is thrown. */
  static async open(options: DecoderSetOptions): Promise<DecoderSet> {
    const decoders: NamedDecoder[] = [];
    const factories: GuardedDecoderFactory[] = [];
    try {
      for (const use of options.uses) {
        const context = options.contextFor(use);
        const loaded = await loadPlugin(use, options.folder);
        const rules = { roots: context.mediaRoots, protocols: context.protocols };
        const access = new MediaAccess(rules, options.files);
        const made = trailed(await loaded.create(context, options.ports), use.trail, context);
        const factory = new GuardedDecoderFactory(made, access, loaded.plugin.name);
        factories.push(factory);
        decoders.push({ name: loaded.plugin.name, factory });
      }
    } catch (thrown) {
      await closeAll(factories);
      throw thrown;
    }
    return new DecoderSet(decoders, factories);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#factories);
  }
}

type Made = DecoderFactory & Partial<AsyncDisposable>;

/** What kills the process is then known; that it cannot be known must not keep the decoder from playing. */
function trailed(made: Made, trail: string | undefined, { log }: PluginContext): Made {
  if (trail === undefined) return made;
  try {
    return new TrailedDecoderFactory(made, trail);
  } catch (thrown) {
    log.warn("it plays without breadcrumbs", { reason: PlayoutError.from(thrown).message });
    return made;
  }
}

/** Closes all whatever one of them does; the first failure is thrown at the end. */
async function closeAll(factories: readonly GuardedDecoderFactory[]): Promise<void> {
  const failures: unknown[] = [];
  for (const factory of factories.toReversed()) {
    await factory[Symbol.asyncDispose]().catch((thrown: unknown) => failures.push(thrown));
  }
  if (failures.length > 0) throw failures[0];
}
