import { formatRational } from "@retrovue/core";
import type { ChannelConfig, PlayoutConfig } from "../config/playout-config.js";

/** What a configuration would run, in the words that people and programs read. */
export interface ConfigSummary {
  readonly engine: { readonly id: string; readonly isolation: string; readonly spareWorkers: number };
  readonly clock: string;
  readonly decoders: readonly string[];
  readonly listeners: readonly { readonly owner: string; readonly address: string }[];
  readonly channels: readonly {
    readonly id: number;
    readonly name: string;
    readonly format: string;
    readonly plan: string | null;
    readonly autostart: boolean;
    readonly run: string;
    readonly outputs: readonly string[];
  }[];
}

/** Sums a configuration up; holds no secrets. */
export function summarise(config: PlayoutConfig): ConfigSummary {
  const { id, isolation, spareWorkers } = config.engine;
  return {
    engine: { id, isolation, spareWorkers },
    clock: config.clock.use,
    decoders: config.decoders.map((decoder) => decoder.use),
    listeners: listeners(config),
    channels: config.channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      format: formatOf(channel),
      plan: channel.plan ?? null,
      autostart: channel.autostart,
      run: channel.run,
      outputs: channel.outputs.map((output) => (output.type === "udp" ? output.url : output.type)),
    })),
  };
}

/** The summary as lines for people. */
export function summaryLines(summary: ConfigSummary): string[] {
  const { engine, channels } = summary;
  const where =
    engine.isolation === "process" ? "a worker process for each channel" : "channels within the engine";
  return [
    `  engine     ${engine.id}: ${where}, ${engine.spareWorkers} spare; clock ${summary.clock}`,
    `  decoders   ${summary.decoders.join(", ")}`,
    ...summary.listeners.map(
      ({ owner, address }, index) => `  ${index === 0 ? "listeners" : "         "}  ${address}  ${owner}`,
    ),
    ...(channels.length === 0 ? ["  channels   none; requests may create them"] : []),
    ...channels.map((channel) => {
      const start = channel.autostart ? "starts with the engine" : "waits for a scheduler";
      const outputs = channel.outputs.length === 0 ? "frame bus only" : channel.outputs.join(", ");
      const plan = channel.plan === null ? "no plan" : `plan ${channel.plan}`;
      return `  channel ${channel.id}  ${channel.name}: ${channel.format}; ${plan}, ${start}, ${channel.run}; ${outputs}`;
    }),
  ];
}

function formatOf(channel: ChannelConfig): string {
  const { width, height, frameRate, pixelFormat, sampleRate, channels } = channel.format;
  return `${width}x${height} at ${formatRational(frameRate)} ${pixelFormat}, ${sampleRate} Hz x${channels}`;
}

function listeners(config: PlayoutConfig): ConfigSummary["listeners"] {
  const { control, view } = config.http;
  const transports = config.transports.flatMap((transport) => {
    const listen = transport.options["listen"];
    const addresses = Array.isArray(listen) ? listen : listen === undefined ? [] : [listen];
    return addresses.map((address) => ({ owner: transport.use, address: String(address) }));
  });
  return [
    ...transports,
    {
      owner: view.listen === control.listen ? "http: control and view" : "http: control",
      address: control.listen,
    },
    ...(view.listen === control.listen ? [] : [{ owner: "http: view", address: view.listen }]),
    ...config.channels.flatMap((channel) =>
      channel.port === undefined
        ? []
        : [
            {
              owner: `http: channel ${channel.id}`,
              address: view.listen.replace(/:\d+$/, `:${channel.port}`),
            },
          ],
    ),
    ...(config.telemetry.metrics.enabled
      ? [{ owner: "metrics", address: config.telemetry.metrics.listen }]
      : []),
  ];
}
