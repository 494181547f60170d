import { resolve as resolvePath } from "node:path";
import type { ChannelConfig, ChannelSettings, PlayoutConfig, SlateConfig } from "./playout-config.js";
import { stripUndefined } from "./rules/channels.js";
import { planHandleKind } from "./rules/plans.js";
import type { ConfigDocument } from "./schema/config-schema.js";

type ChannelDocument = ConfigDocument["channels"][number];

/** Makes a checked document complete: defaults into channels, paths absolute, everything frozen. */
export function resolveConfig(
  document: ConfigDocument,
  file: string | undefined,
  folder: string,
): PlayoutConfig {
  const path = (name: string): string => resolvePath(folder, name);
  const optional = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : path(name);
  const handle = (name: string): string => (planHandleKind(name) === "uri" ? name : path(name));
  const plugin = <T extends { readonly use: string }>(use: T): T =>
    use.use.startsWith(".") || use.use.startsWith("/") ? { ...use, use: path(use.use) } : use;
  const { tls } = document.security;
  return deepFreeze({
    ...document,
    file,
    folder,
    engine: {
      ...document.engine,
      dataDir: path(document.engine.dataDir),
      sandbox: {
        ...document.engine.sandbox,
        read: document.engine.sandbox.read.map(path),
        write: document.engine.sandbox.write.map(path),
      },
    },
    media: { ...document.media, roots: document.media.roots.map(path) },
    clock: plugin(document.clock),
    frameBus: plugin(document.frameBus),
    decoders: document.decoders.map(plugin),
    conformer: plugin(document.conformer),
    renderer: plugin(document.renderer),
    transports: document.transports.map(plugin),
    http: {
      control: document.http.control,
      view: { listen: document.http.view.listen ?? document.http.control.listen },
    },
    security: {
      ...document.security,
      tokens: document.security.tokens.map((token) => ({ ...token, tokenFile: optional(token.tokenFile) })),
      tls: tls && {
        certFile: path(tls.certFile),
        keyFile: path(tls.keyFile),
        clientCaFile: optional(tls.clientCaFile),
      },
    },
    plans: Object.fromEntries(Object.entries(document.plans).map(([name, plan]) => [name, handle(plan)])),
    defaults: settingsOf(document.defaults, undefined, path),
    channels: document.channels.map(
      (channel): ChannelConfig => ({
        id: channel.id,
        name: channel.name ?? `Channel ${channel.id}`,
        plan:
          channel.plan === undefined || planHandleKind(channel.plan) === "name"
            ? channel.plan
            : handle(channel.plan),
        autostart: channel.autostart ?? channel.plan !== undefined,
        run: channel.run,
        port: channel.port,
        outputs: channel.outputs,
        ...settingsOf(document.defaults, channel, path),
      }),
    ),
  });
}

function settingsOf(
  defaults: ConfigDocument["defaults"],
  own: ChannelDocument | undefined,
  path: (name: string) => string,
): ChannelSettings {
  const format = { ...defaults.format, ...stripUndefined(own?.format ?? {}) };
  const aspect = own?.aspect ?? defaults.aspect;
  return {
    format: {
      ...format,
      colour: { ...defaults.format.colour, ...stripUndefined(own?.format.colour ?? {}) },
      aspectPolicy: aspect,
    },
    slate: slateOf(own?.slate ?? defaults.slate, path),
    lead: { ...defaults.lead, ...stripUndefined(own?.lead ?? {}) },
    preroll: { ...defaults.preroll, ...stripUndefined(own?.preroll ?? {}) },
    encode: {
      video: { ...defaults.encode.video, ...stripUndefined(own?.encode.video ?? {}) },
      audio: { ...defaults.encode.audio, ...stripUndefined(own?.encode.audio ?? {}) },
      muxRateKbps: own?.encode.muxRateKbps ?? defaults.encode.muxRateKbps,
    },
    holdMs: own?.holdMs ?? defaults.holdMs,
    holdOnShortMs: own?.holdOnShortMs ?? defaults.holdOnShortMs,
    onShort: own?.onShort ?? defaults.onShort,
    stallTimeoutMs: own?.stallTimeoutMs ?? defaults.stallTimeoutMs,
    historyMs: own?.historyMs ?? defaults.historyMs,
    directBuffers: own?.directBuffers ?? defaults.directBuffers,
    aspect,
    languages: own?.languages ?? defaults.languages,
  };
}

function slateOf(
  slate: { readonly image?: string | undefined; readonly clip?: string | undefined },
  path: (name: string) => string,
): SlateConfig {
  if (slate.image !== undefined) return { kind: "image", path: path(slate.image) };
  if (slate.clip !== undefined) return { kind: "clip", path: path(slate.clip) };
  return { kind: "card" };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const entry of Object.values(value)) deepFreeze(entry);
  }
  return value;
}
