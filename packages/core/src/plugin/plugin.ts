import type { FrameBus } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import type { ConformerFactory } from "../conform/conformer.js";
import type { DecoderFactory } from "../decoder/decoder.js";
import type { RendererFactory } from "../renderer/renderer.js";
import type { ControlAccess } from "../transport/control-access.js";
import type { Transport } from "../transport/transport.js";

/**
 * Version of the contract between engine and plugins: `major.minor`. The major rises when a port changes so that an old
 * plugin would break, the minor when a port gains something optional.
 */
export const pluginContract = "1.0";

/** The ports a plugin may provide, by the word used for them in the configuration. */
export interface PortTypes {
  readonly decoder: DecoderFactory;
  readonly frameBus: FrameBus;
  readonly clock: Clock;
  readonly conformer: ConformerFactory;
  readonly renderer: RendererFactory;
  readonly transport: Transport;
}

/** The word for a port. */
export type PortName = keyof PortTypes;

/** All port words. */
export const portNames: readonly PortName[] = Object.freeze([
  "decoder",
  "frameBus",
  "clock",
  "conformer",
  "renderer",
  "transport",
]);

/** Writes a line to the engine's log, with the plugin's name attached. */
export interface PluginLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * Folders that a plugin may keep things in, its own in this engine's configuration. Every process of the engine may write there at
 * the same time; they need not have been made yet.
 */
export interface PluginFolders {
  /** Of this engine; it outlives the process. */
  readonly state: string;
  /** The same for all engines of the user on the machine, for what concerns the machine; gone when that starts anew. */
  readonly machine: string;
}

/** What every factory gets. */
export interface PluginContext {
  readonly log: PluginLog;
  /** Where relative paths in a plugin's options begin: the folder of the configuration file, absolute. */
  readonly configFolder: string;
  /** Folders that media may be read from, resolved; a decoder opens nothing outside. */
  readonly mediaRoots: readonly string[];
  /** URI schemes that the configuration allows, as "file". */
  readonly protocols: readonly string[];
  /** Left out where there are none: without an engine's configuration, and where they cannot be made. A plugin then keeps nothing. */
  readonly folders?: PluginFolders;
  /** Who may control the engine; given to transports, and to nobody else. */
  readonly access?: ControlAccess;
}

/** How a plugin checks its own options: any validator with this shape (zod schemas have it). */
export interface OptionsSchema<Options> {
  /** Returns the options with defaults filled in, or throws an error whose message names the field. */
  parse(value: unknown): Options;
}

/** One port of a plugin. */
export interface Provision<Port, Options, Needs extends PortName = never> {
  /** Checks `options` of the configuration. Left out: the plugin takes none, and any are refused. */
  readonly options?: OptionsSchema<Options>;
  /** Ports that the factory wants handed to it. */
  readonly needs?: readonly Needs[];
  /**
   * Makes the port. Called once for each use in the configuration in every process that works with it: engine, workers, render
   * processes, commands. What it returns is that process's to close.
   */
  create(options: Options, context: PluginContext, ports: Pick<PortTypes, Needs>): Port | Promise<Port>;
}

/** The ports that a plugin provides. */
export type Provisions = {
  // biome-ignore lint/suspicious/noExplicitAny: each provision has options of its own; `definePlugin` keeps them typed.
  readonly [Name in PortName]?: Provision<PortTypes[Name], any, any>;
};

/** A plugin as its package exports it by default. */
export interface Plugin<P extends Provisions = Provisions> {
  readonly kind: "retrovue-plugin";
  /** The package's name. */
  readonly name: string;
  /** The contract it was written for: `pluginContract` of the core it was built with. */
  readonly contract: string;
  readonly provides: P;
}

/**
 * Describes a plugin. Has no effect by itself: a plugin is loaded because a configuration names it.
 *
 * @example
 * export default definePlugin({
 *   name: "@example/decoder-teletext",
 *   contract: pluginContract,
 *   provides: { decoder: { create: () => new TeletextDecoderFactory() } },
 * });
 */
export function definePlugin<const P extends Provisions>(definition: {
  readonly name: string;
  readonly contract: string;
  readonly provides: P;
}): Plugin<P> {
  return Object.freeze({ kind: "retrovue-plugin" as const, ...definition });
}
