import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve as resolvePath } from "node:path";
import { PlayoutError } from "@retrovue/core";
import type { Environment } from "../config/environment.js";
import {
  type ConfigOverride,
  type ConfigReading,
  readConfig,
  readConfigWithoutFile,
} from "../config/load.js";
import { type Exists, readPatiently } from "../config/patient-reading.js";
import { planHandleKind } from "../config/rules/plans.js";
import type { FileCalls } from "../media/file-calls.js";

/** The options that say what the engine runs, as the command line gives them. */
export interface EngineOptions {
  readonly config?: string;
  readonly channel?: number;
  readonly port?: number;
  readonly plan?: string;
  readonly grpc?: string;
  readonly http?: string;
  readonly address?: string;
  readonly logLevel?: string;
  readonly announce?: boolean;
}

/** Where a configuration is looked for when none is named, in this order. */
export const configCandidates: readonly string[] = ["./playout.yaml", "/etc/retrovue/playout.yaml"];

/** A configuration as it was read, and what it is called. */
export interface Launch {
  readonly name: string;
  /** The file that the command line named; undefined where it named none. */
  readonly named: string | undefined;
  readonly reading: ConfigReading;
}

/**
 * Reads what the options name: a file, one channel without a file, or the first candidate that exists. `InvalidArgument`
 * for options that do not go together.
 */
export function readLaunch(
  options: EngineOptions,
  environment: Environment,
  candidates: readonly string[] = configCandidates,
  exists: Exists = existsSync,
): Launch {
  refuseMixed(options);
  // What a shell makes of --config "$UNSET".
  if (options.config === "")
    refuse("The name of the configuration is empty.", "Name one with --config FILE.");
  if (options.channel !== undefined) {
    const overrides = () => [...oneChannel(options), ...listenerOverrides(options, undefined)];
    return {
      name: "the command line",
      named: undefined,
      reading: readConfigWithoutFile(process.cwd(), { environment, overrides, exists }),
    };
  }
  const file = options.config ?? candidates.find((candidate) => existsSync(candidate));
  if (file === undefined)
    return { name: candidates.join(", "), named: undefined, reading: nothingFound(candidates) };
  const overrides = (document: unknown) => listenerOverrides(options, document);
  return { name: file, named: options.config, reading: readConfig(file, { environment, overrides, exists }) };
}

/**
 * The same, of an engine that others depend on: what the configuration names is asked for without holding up anything, and what does
 * not answer is taken to be there. `Timeout` where the configuration itself does not answer.
 */
export async function readLaunchPatiently(
  options: EngineOptions,
  environment: Environment,
  { files, signal }: { readonly files: FileCalls; readonly signal: AbortSignal },
  candidates: readonly string[] = configCandidates,
): Promise<Launch> {
  const { config } = options;
  for (const name of config === undefined ? candidates : [config]) {
    const file = resolvePath(name);
    files.know(file);
    // That it is not there is told when it is read.
    await files.ask(file, () => stat(file).catch(() => undefined), signal);
  }
  const launch = (exists: Exists) => readLaunch(options, environment, candidates, exists);
  const { name, named } = launch(() => true);
  const reading = await readPatiently((exists) => launch(exists).reading, files, signal);
  return { name, named, reading };
}

function refuseMixed(options: EngineOptions): void {
  const { channel, port, plan, address, config } = options;
  if (channel === undefined) {
    const alone = Object.entries({ port, plan, address }).find(([, value]) => value !== undefined)?.[0];
    if (alone !== undefined) refuse(`--${alone} needs --channel.`, oneChannelRemedy);
    return;
  }
  if (config !== undefined)
    refuse("--channel runs without a configuration.", "Leave out the file or --channel.");
  if (port === undefined) refuse("--channel needs --port.", oneChannelRemedy);
}

const oneChannelRemedy = "Write --channel 1 --port 8090.";

function refuse(what: string, remedy: string): never {
  throw new PlayoutError("InvalidArgument", what, { remedy });
}

/** One channel whose outputs are at `http://localhost:PORT/channel/ID.ts`. */
function oneChannel(options: EngineOptions): ConfigOverride[] {
  const { channel, port, address = "127.0.0.1" } = options;
  // A file in the working folder is what people mean by a bare name on a command line.
  const plan =
    options.plan !== undefined && planHandleKind(options.plan) === "name" && existsSync(options.plan)
      ? `./${options.plan}`
      : options.plan;
  const roots = plan !== undefined && planHandleKind(plan) === "path" ? [".", dirname(plan)] : ["."];
  return [
    { path: ["channels"], value: [{ id: channel }], option: "--channel" },
    ...(plan === undefined ? [] : [{ path: ["channels", 0, "plan"], value: plan, option: "--plan" }]),
    { path: ["media", "roots"], value: roots, option: "--plan" },
    { path: ["http", "view", "listen"], value: `${bracketed(address)}:${port}`, option: "--port" },
  ];
}

const grpcTransport = "@retrovue/transport-grpc";

function listenerOverrides(options: EngineOptions, document: unknown): ConfigOverride[] {
  const overrides: ConfigOverride[] = [];
  if (options.http !== undefined) {
    overrides.push({ path: ["http", "control", "listen"], value: options.http, option: "--http" });
  }
  if (options.logLevel !== undefined) {
    overrides.push({ path: ["telemetry", "log", "level"], value: options.logLevel, option: "--log-level" });
  }
  if (options.grpc !== undefined) overrides.push(grpcOverride(options.grpc, document));
  return overrides;
}

function grpcOverride(address: string, document: unknown): ConfigOverride {
  const transports = (document as { readonly transports?: unknown } | null | undefined)?.transports;
  const use = { use: grpcTransport, options: { listen: [address] } };
  if (!Array.isArray(transports)) {
    return {
      path: ["transports"],
      value: [use, { use: "@retrovue/transport-connect", options: {} }],
      option: "--grpc",
    };
  }
  const index = transports.findIndex((transport: unknown) => {
    return (
      typeof transport === "object" &&
      transport !== null &&
      "use" in transport &&
      transport.use === grpcTransport
    );
  });
  if (index < 0) return { path: ["transports", transports.length], value: use, option: "--grpc" };
  return { path: ["transports", index, "options", "listen"], value: [address], option: "--grpc" };
}

const bracketed = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

function nothingFound(candidates: readonly string[]): ConfigReading {
  return {
    ok: false,
    reason: "missing",
    faults: [
      {
        file: "retrovue-playout",
        line: 0,
        column: 0,
        path: "",
        expected: `a configuration at ${candidates.join(" or ")}`,
        found: "neither",
        remedy: "Name one with --config FILE, or run one channel with --channel 1 --port 8090.",
      },
    ],
    warnings: [],
  };
}
