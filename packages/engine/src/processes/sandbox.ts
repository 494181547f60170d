import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PlayoutError } from "@retrovue/core";
import {
  type Confinement,
  launcherArguments,
  launcherPath,
  probeSandbox,
  type SandboxStep,
} from "@retrovue/sandbox";
import type { PlayoutConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import { findPlugin } from "../plugins/plugin-file.js";
import { grantsFor } from "./host-paths.js";
import { nodeFlags } from "./node-flags.js";
import { environmentOf } from "./process-environment.js";
import {
  engineProcess,
  type ProcessLauncher,
  type ProcessNeeds,
  type ProcessStdio,
  plainLauncher,
} from "./process-launcher.js";

/** What is held against the engine's processes, for `/healthz` and the log. */
export interface SandboxStatus {
  /** `partly`: the kernel refuses some of it; `off`: nothing is held. */
  readonly state: "on" | "partly" | "off";
  /** Measures that hold, each with what it is. */
  readonly held: Readonly<Record<string, string>>;
  /** Measures that do not, each with the reason. */
  readonly missing: Readonly<Record<string, string>>;
}

/** Schemes that a decoder reads without a network. */
const localSchemes: ReadonlySet<string> = new Set(["file", "test"]);

/** Decoders that work devices, whatever the configuration says of them. */
const worksDevices: ReadonlySet<string> = new Set(["@retrovue/decoder-hw"]);

/** Where frame buses lie unless the bus's options say otherwise. */
const defaultBusFolder = "/dev/shm";

/** Node starts in a fraction of a second; one that takes longer than this does not start. */
const trialTimeoutMs = 10_000;

/**
 * Begins the engine's processes with nothing but what they need (docs/security.md). What the kernel refuses is told once, and
 * lacks from then on, unless the configuration demands all of it: then the engine does not start.
 */
export class Sandbox implements ProcessLauncher {
  readonly #config: PlayoutConfig;
  readonly #program = realpathSync(process.execPath);
  /** Folders of code do not change while the engine runs, and finding them takes a hundred looks at the disk. */
  readonly #grants = new Map<string, Confinement["grants"]>();
  readonly status: SandboxStatus;

  private constructor(config: PlayoutConfig, status: SandboxStatus) {
    this.#config = config;
    this.status = status;
  }

  /** Tries it out, and tells what came of it. `InvalidConfig` where the configuration demands what the kernel refuses. */
  static async open(config: PlayoutConfig, log: Log): Promise<Sandbox> {
    const { mode } = config.engine.sandbox;
    const status =
      mode === "off"
        ? notConfined("the configuration turns it off")
        : await new Sandbox(config, notConfined("")).#try();
    const told = { sandbox: status.state, held: Object.keys(status.held), missing: status.missing };
    if (mode === "required" && status.state !== "on") throw refused(status);
    if (status.state === "on") log.info(told, "processes that open media are confined");
    else log.warn(told, "processes that open media are not wholly confined");
    return new Sandbox(config, status);
  }

  begin(entry: string, stdio: ProcessStdio, needs: ProcessNeeds): ChildProcess {
    if (this.status.state === "off") return plainLauncher.begin(entry, stdio, needs);
    const { mode, environment } = this.#config.engine.sandbox;
    const how = [
      ...(mode === "required" ? ["--required"] : []),
      ...launcherArguments(this.#confinementOf(entry, stdio.length, needs)),
      this.#program,
      ...nodeFlags,
      entry,
    ];
    const env = environmentOf(process.env, environment);
    return engineProcess(spawn(launcherPath, how, { env, stdio }), { bytesMax: needs.messageBytesMax });
  }

  async #try(): Promise<SandboxStatus> {
    if (!existsSync(launcherPath)) return notConfined(`${launcherPath} is not built`);
    const needs: ProcessNeeds = {
      kind: "media",
      read: this.#config.media.roots,
      make: [],
      plugins: [],
      folder: this.#config.folder,
    };
    const confinement = this.#confinementOf(fileURLToPath(import.meta.url), 3, needs);
    try {
      const steps = await probeSandbox(confinement, this.#program);
      // That each measure can be had does not say that Node can live with them here.
      const trial = [...launcherArguments(confinement), this.#program, "-e", "0"];
      await promisify(execFile)(launcherPath, trial, {
        timeout: trialTimeoutMs,
        env: environmentOf(process.env, []),
      });
      return statusOf(steps);
    } catch (thrown) {
      return notConfined(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #confinementOf(entry: string, descriptors: number, needs: ProcessNeeds): Confinement {
    const { sandbox } = this.#config.engine;
    const { network, programs } = this.#allowed(needs);
    return {
      grants: [
        ...this.#grantsOf(entry, needs),
        ...needs.read.map((path) => ({ path, use: "read" as const })),
        ...needs.make.map((path) => ({ path, use: "make" as const })),
      ],
      network,
      programs,
      realtime: needs.kind === "render",
      descriptors,
      memoryBytes: sandbox.memoryMaxMb * 1_048_576,
    };
  }

  #allowed({ kind }: ProcessNeeds): {
    readonly network: boolean;
    readonly programs: boolean;
    readonly devices: boolean;
  } {
    if (kind === "render") return { network: false, programs: false, devices: false };
    const { decoders, media } = this.#config;
    const isAllowed = (what: "network" | "programs" | "devices") =>
      decoders.some(({ allow }) => allow.includes(what));
    return {
      network: isAllowed("network") || media.protocols.some((scheme) => !localSchemes.has(scheme)),
      programs: isAllowed("programs"),
      devices: isAllowed("devices") || decoders.some(({ use }) => worksDevices.has(use)),
    };
  }

  #grantsOf(entry: string, needs: ProcessNeeds): Confinement["grants"] {
    const key = [needs.kind, entry, ...needs.plugins].join("\n");
    const known = this.#grants.get(key);
    if (known !== undefined) return known;
    const { engine, frameBus } = this.#config;
    const { directory } = frameBus.options;
    const grants = grantsFor({
      ...this.#allowed(needs),
      program: this.#program,
      code: [entry, ...needs.plugins.flatMap((use) => moduleOf(use, needs.folder))],
      read: engine.sandbox.read,
      write: [typeof directory === "string" ? directory : defaultBusFolder, ...engine.sandbox.write],
      make: [],
    });
    this.#grants.set(key, grants);
    return grants;
  }
}

function statusOf(steps: readonly SandboxStep[]): SandboxStatus {
  const some = (isHeld: boolean) =>
    Object.fromEntries(
      steps.filter((step) => step.isHeld === isHeld).map(({ name, detail }) => [name, detail]),
    );
  const missing = some(false);
  return { state: Object.keys(missing).length === 0 ? "on" : "partly", held: some(true), missing };
}

/** The status where nothing is held, and why. */
export const notConfined = (why: string): SandboxStatus => ({
  state: "off",
  held: {},
  missing: { all: why },
});

function refused({ missing }: SandboxStatus): PlayoutError {
  const reasons = Object.entries(missing).map(([name, why]) => `${name}: ${why}`);
  return new PlayoutError(
    "InvalidConfig",
    `engine.sandbox.mode is required, but not all of it can be had (${reasons.join("; ")}).`,
    {
      remedy: "Run on a kernel that has it (docs/security.md), or say auto.",
      details: { reasons },
    },
  );
}

/** A plugin's module; one that cannot be found is told of by whoever loads it. */
function moduleOf(use: string, folder: string): readonly string[] {
  try {
    return [findPlugin(use, folder).file];
  } catch {
    return [];
  }
}
