import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { heldProcesses } from "./held-processes.js";
import { openMessagePipe, type PipeBounds } from "./message-pipe.js";
import { nodeFlags } from "./node-flags.js";

/** What one process of the engine needs of the host, beyond what all of its kind do. Paths are absolute. */
export interface ProcessNeeds {
  /** `media` decodes what comes from outside, `render` encodes what is on the bus. */
  readonly kind: "media" | "render";
  /** Files and folders that it reads. */
  readonly read: readonly string[];
  /** Folders that it makes files in. */
  readonly make: readonly string[];
  /** Plugins that it loads, as the configuration names them. */
  readonly plugins: readonly string[];
  /** Of the configuration: plugins are looked for from there. */
  readonly folder: string;
  /** Of one of its messages. Default: 64 MiB. */
  readonly messageBytesMax?: number | undefined;
}

/** Descriptors of a process as Node has them; that at `messageDescriptor` is a "pipe". */
export type ProcessStdio = Extract<StdioOptions, readonly unknown[]>;

/** Begins the engine's processes. */
export interface ProcessLauncher {
  /**
   * A process as `engineProcess` says.
   *
   * @param entry the module that it runs
   */
  begin(entry: string, stdio: ProcessStdio, needs: ProcessNeeds): ChildProcess;
}

/** Begins processes that may do what the engine may. */
export const plainLauncher: ProcessLauncher = {
  begin: (entry, stdio, { messageBytesMax: bytesMax }) =>
    // Debuggers and conditions of the engine are not the process's.
    engineProcess(spawn(process.execPath, [...nodeFlags, entry], { stdio }), { bytesMax }),
};

/** Has a process heard and spoken to as `openMessagePipe` says, and taken for gone as `HeldProcesses` does. */
export const engineProcess = (child: ChildProcess, bounds: PipeBounds): ChildProcess =>
  openMessagePipe(heldProcesses.giveUpOnceKilled(child), bounds);
