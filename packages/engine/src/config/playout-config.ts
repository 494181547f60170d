import type { AspectPolicy, EncodeSettings, ProgramFormat } from "@retrovue/core";
import type { ConfigDocument } from "./schema/config-schema.js";

/** What airs in place of missing pictures. `card` is the built-in one with the channel's name and the time. */
export type SlateConfig =
  | { readonly kind: "card" }
  | { readonly kind: "image"; readonly path: string }
  | { readonly kind: "clip"; readonly path: string };

/** Settings of a channel after `defaults` were filled in. Times in milliseconds. */
export interface ChannelSettings {
  readonly format: ProgramFormat;
  readonly slate: SlateConfig;
  readonly lead: { readonly minMs: number; readonly targetMs: number };
  readonly preroll: { readonly aheadMs: number; readonly inFlightMax: number };
  readonly encode: EncodeSettings;
  readonly holdMs: number;
  readonly holdOnShortMs: number;
  readonly onShort: "slate" | "black";
  readonly stallTimeoutMs: number;
  readonly historyMs: number;
  /** Undefined: by the size of the program's pictures. */
  readonly directBuffers: number | undefined;
  readonly aspect: AspectPolicy;
  readonly languages: readonly string[];
}

/** One output, as the file holds it with its defaults. */
export type OutputConfig = ConfigDocument["channels"][number]["outputs"][number];

/** One channel, complete. */
export interface ChannelConfig extends ChannelSettings {
  readonly id: number;
  readonly name: string;
  /** A name of `plans`, an absolute path, or a URI. */
  readonly plan: string | undefined;
  readonly autostart: boolean;
  readonly run: "always" | "on-demand";
  readonly port: number | undefined;
  readonly outputs: readonly OutputConfig[];
}

/** True for a channel that goes on air with the engine: neither a request nor a viewer has to come first. */
export const beginsWithEngine = ({ autostart, run }: Pick<ChannelConfig, "autostart" | "run">): boolean =>
  autostart && run === "always";

/** Read-only all the way down. */
export type Frozen<T> = T extends (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

type Sections = Frozen<Omit<ConfigDocument, "channels" | "defaults" | "http">>;

/** A checked configuration: complete, with absolute paths, and frozen. */
export interface PlayoutConfig extends Sections {
  /** The file as it was named; undefined where there was none. */
  readonly file: string | undefined;
  /** Folder that relative paths were resolved against. */
  readonly folder: string;
  readonly http: {
    readonly control: { readonly listen: string; readonly corsOrigins: readonly string[] };
    /** The address of `control` unless the file gives its own. */
    readonly view: { readonly listen: string };
  };
  /** What a channel has that only a request names. */
  readonly defaults: ChannelSettings;
  readonly channels: readonly ChannelConfig[];
}
