import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import type { PluginLog } from "@retrovue/core";

/** What a hostile plugin is told to go for. */
export interface Prey {
  /** A port of this host that someone listens on. */
  readonly port: number;
  /** A file beside what it may read. */
  readonly secretFile: string;
  /** A file that is not there. */
  readonly newFile: string;
  /** A variable of the engine's environment. */
  readonly secretVariable: string;
}

/** Everything that no decoder and no encoder has any business with. Each throws where it is refused. */
const attempts: Readonly<Record<string, (prey: Prey) => unknown>> = {
  connect: async ({ port }) => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  },
  program: () => execFileSync("/bin/true"),
  // Threads that were there before the plugin, and threads that it makes.
  programInThread: () => inThread(`require("node:child_process").execFileSync("/bin/true")`),
  fileInThread: ({ secretFile }) =>
    inThread(`require("node:fs").readFileSync(${JSON.stringify(secretFile)})`),
  fileInPool: ({ secretFile }) => readFile(secretFile),
  file: ({ secretFile }) => readFileSync(secretFile),
  passwords: () => readFileSync("/etc/passwd"),
  newFile: ({ newFile }) => writeFileSync(newFile, "here"),
  newSharedMemory: ({ newFile }) => writeFileSync(`/dev/shm/${newFile.replaceAll("/", "-")}`, "here"),
  engineMemory: () => openSync(`/proc/${process.ppid}/mem`, "r"),
  engineEnvironment: () => readFileSync(`/proc/${process.ppid}/environ`),
  // Signal 0 only asks whether one might.
  engineSignal: () => process.kill(process.ppid, 0),
  variable: ({ secretVariable }) => {
    if (process.env[secretVariable] === undefined) throw Object.assign(new Error("unset"), { code: "UNSET" });
  },
};

async function inThread(code: string): Promise<void> {
  const worker = new Worker(
    `try { ${code}; require("node:worker_threads").parentPort.postMessage("done"); }
     catch (thrown) { require("node:worker_threads").parentPort.postMessage(thrown.code); }`,
    { eval: true },
  );
  const [said] = (await once(worker, "message")) as [string];
  if (said !== "done") throw Object.assign(new Error(said), { code: said });
}

/** Tries everything, logs what came of each attempt (`done`, or the code of its refusal), and throws the first refusal. */
export async function tryEverything(prey: Prey, log: PluginLog): Promise<void> {
  const outcomes: Record<string, string> = {};
  let refusal: unknown;
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt(prey);
      outcomes[name] = "done";
    } catch (thrown) {
      outcomes[name] = String((thrown as NodeJS.ErrnoException).code);
      refusal ??= thrown;
    }
  }
  log.info("attempts", { outcomes });
  if (refusal !== undefined) throw refusal;
}
