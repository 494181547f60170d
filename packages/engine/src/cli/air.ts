import { homedir } from "node:os";
import { join } from "node:path";
import { PlayoutError } from "@retrovue/core";
import type { Environment } from "../config/environment.js";
import { type ConfigReading, readConfigWithoutFile } from "../config/load.js";
import { type Exists, readPatiently } from "../config/patient-reading.js";
import type { ConfigInput } from "../config/schema/config-schema.js";
import { FileCalls } from "../media/file-calls.js";
import { exitCodes } from "./exit-codes.js";
import { reportThrown } from "./report-thrown.js";
import { type EngineRunner, runLaunch } from "./run-engine.js";
import type { Terminal } from "./terminal.js";
import { versionLine, versionReport } from "./version.js";

/** The port that gRPC has where the caller names none. */
const defaultPort = 50_051;

/** The default of `telemetry.metrics.listen`. */
const defaultMetricsPort = 9_308;

/** What the arguments of `retrovue_air` ask for. */
export type AirRequest =
  | { readonly kind: "run"; readonly port: number; readonly ignored: readonly string[] }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

/**
 * Reads the arguments of the launcher that an existing RetroVue Core starts. Only `--port` means something; whatever else
 * a Core passes is ignored and named, so that one written for another engine still starts. `InvalidArgument` for a port
 * that is none.
 */
export function parseAirArguments(args: readonly string[]): AirRequest {
  const ignored: string[] = [];
  let port = defaultPort;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (argument === "--help" || argument === "-h") return { kind: "help" };
    if (argument === "--version" || argument === "-V") return { kind: "version" };
    if (argument === "--port") port = parsePort(args[++at]);
    else if (argument.startsWith("--port=")) port = parsePort(argument.slice("--port=".length));
    else ignored.push(argument);
  }
  return { kind: "run", port, ignored };
}

function parsePort(text: string | undefined): number {
  const port = text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new PlayoutError(
    "InvalidArgument",
    `--port expects a whole number from 1 to 65535, found ${text === undefined ? "nothing" : `'${text}'`}.`,
    { remedy: `Write --port ${defaultPort}.` },
  );
}

/** The configuration that the launcher stands for. */
export function airConfig(port: number, environment: Environment): ConfigInput {
  const roots = (environment["RETROVUE_MEDIA_ROOTS"] ?? "").split(":").filter((root) => root !== "");
  const state = environment["XDG_STATE_HOME"] || join(environment["HOME"] || homedir(), ".local", "state");
  return {
    // Several of them run on one host, one for each Core: the port tells them apart.
    engine: { id: `air-${port}`, dataDir: join(state, "retrovue", `air-${port}`), spareWorkers: 0 },
    media: { roots: roots.length === 0 ? ["/"] : roots },
    transports: [{ use: "@retrovue/transport-grpc", options: { listen: [`127.0.0.1:${port}`] } }],
    // Any free port: outputs are served on the port that StartChannel names.
    http: { control: { listen: "127.0.0.1:0" } },
    // Metrics never stand in the way of a Core that chose their port.
    telemetry: { metrics: { enabled: port !== defaultMetricsPort } },
    unresolvedPlan: "slate",
  };
}

/** Checks what the launcher stands for, as any configuration. */
export function readAirConfig(port: number, environment: Environment, exists?: Exists): ConfigReading {
  const entries = Object.entries(airConfig(port, environment));
  return readConfigWithoutFile(process.cwd(), {
    environment,
    ...(exists && { exists }),
    overrides: () =>
      entries.map(([section, value]) => ({
        path: [section],
        value,
        option: section === "media" ? "RETROVUE_MEDIA_ROOTS" : "--port",
      })),
  });
}

/** Runs the launcher and gives its exit code. Nothing is thrown. */
export async function runAir(
  args: readonly string[],
  terminal: Terminal,
  run?: EngineRunner,
): Promise<number> {
  try {
    const request = parseAirArguments(args);
    if (request.kind === "help") {
      terminal.print(airHelp);
      return exitCodes.Ok.code;
    }
    if (request.kind === "version") {
      terminal.print(versionLine(versionReport()));
      return exitCodes.Ok.code;
    }
    if (request.ignored.length > 0) {
      terminal.warn(`ignored: ${request.ignored.join(" ")}`, "Only --port means something here.");
    }
    const files = new FileCalls({ places: [] });
    const read = (exists: Exists) => readAirConfig(request.port, terminal.environment, exists);
    const reading = await readPatiently(read, files, new AbortController().signal);
    return await runLaunch({ name: "retrovue_air", named: undefined, reading }, terminal, run, { files });
  } catch (thrown) {
    return reportThrown(thrown, terminal);
  }
}

const airHelp = `Usage: retrovue_air [--port N]

The launcher that an existing RetroVue Core starts: an engine without a configuration, with gRPC on 127.0.0.1:N
(default ${defaultPort}). Other options are ignored with a warning.

Environment:
  RETROVUE_MEDIA_ROOTS  folders beneath which media may lie, separated by ":" (default: /)

Example:
  RETROVUE_MEDIA_ROOTS=/srv/media retrovue_air --port ${defaultPort}

To run with a configuration, use retrovue-playout.`;
