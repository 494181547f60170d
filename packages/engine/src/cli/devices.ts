import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nanosecondsFromMs, PlayoutError, SystemClock, TimeLimit } from "@retrovue/core";
import type { Capability, DeviceReport } from "@retrovue/decoder-hw";
import { NodeHostTime } from "../clock/node-host-time.js";
import { ProcessHold } from "../clock/process-hold.js";
import type { PlayoutConfig } from "../config/playout-config.js";
import { configuredPlugins } from "../plugins/configured-plugins.js";
import { pluginFoldersOf } from "../plugins/plugin-folders.js";
import type { DecoderDevices, ListingOrder } from "./device-listing.js";
import { exitCodeFor, exitCodes } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** Who has devices where no configured decoder does. */
const usual = "@retrovue/decoder-hw";

/** A driver that takes longer hangs: the slowest begin within seconds. */
const patienceNs = nanosecondsFromMs(60_000);

const entry = fileURLToPath(new URL("./devices-main.js", import.meta.url));

/** Tells what devices there are, what each decodes, and why something cannot be used. Gives the exit code: 69 where none can. */
export async function tellDevices(
  config: PlayoutConfig | undefined,
  { json }: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const told = await askElsewhere(orderFor(config));
  const all = told.flatMap(({ devices }) => devices);
  const isAny = all.some(({ problem }) => problem === undefined);
  if (json) terminal.print(JSON.stringify({ ok: isAny, decoders: told }, null, 2));
  else for (const one of told) report(one, terminal);
  return isAny
    ? exitCodes.Ok.code
    : exitCodeFor(new PlayoutError("DeviceUnavailable", "No device can be used."));
}

/** The configured decoders, and the usual one where it is not among them. */
function orderFor(config: PlayoutConfig | undefined): ListingOrder {
  const configured = config === undefined ? [] : configuredPlugins(config).decoders;
  const place = "nowhere configured";
  const isThere = configured.some(({ use }) => use === usual);
  const extra = isThere ? [] : [{ port: "decoder" as const, use: usual, options: {}, place }];
  return {
    uses: [...configured, ...extra],
    folder: config?.folder ?? process.cwd(),
    mediaRoots: config?.media.roots ?? [],
    ...(config && { folders: pluginFoldersOf(config.engine.dataDir) }),
  };
}

/** In a process of its own: a driver is foreign code that may crash or hang. */
async function askElsewhere(order: ListingOrder): Promise<readonly DecoderDevices[]> {
  using _hold = new ProcessHold();
  using clock = new SystemClock(new NodeHostTime());
  using limit = new TimeLimit(clock, patienceNs, new AbortController().signal, "Asking the drivers");
  const child = fork(entry, [], { serialization: "advanced", execArgv: [], stdio: ["ignore", 2, 2, "ipc"] });
  try {
    return await new Promise((resolve, reject) => {
      const remedy = "See the kernel's log for the driver, and try with fewer kinds of device configured.";
      const lost = (how: string) =>
        reject(
          new PlayoutError("WorkerLost", `The process that asked the drivers ended (${how}).`, { remedy }),
        );
      child.once("message", (told) => resolve(told as readonly DecoderDevices[]));
      child.once("error", (cause) => lost(cause.message));
      child.once("exit", (code, signal) => lost(signal ?? `exit code ${code}`));
      limit.signal.addEventListener("abort", () => reject(limit.signal.reason), { once: true });
      child.send(order);
    });
  } finally {
    child.kill("SIGKILL");
  }
}

function report({ decoder, place, devices, error }: DecoderDevices, terminal: Terminal): void {
  terminal.print(`${terminal.style("bold", decoder)}  ${terminal.style("dim", place)}`);
  if (error !== undefined) terminal.error(error.what.replace(/\.$/, ""), error.remedy);
  for (const device of devices) reportDevice(device, terminal);
}

function reportDevice(device: DeviceReport, terminal: Terminal): void {
  const { name, problem, model = "", driver = "", sessions, capabilities, demotions } = device;
  if (problem !== undefined) {
    terminal.print(`  ${name}: cannot be used: ${problem}`);
    return;
  }
  const card = [model, driver].filter((text) => text !== "").join(", ");
  terminal.print(`  ${name}: ${card}; ${sessions.inUse} of ${sessions.max} sessions taken`);
  const rows = capabilities.map(cellsOf);
  const head = ["codec", "profile", "bits", "chroma", "from", "to"];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  for (const row of [head, ...rows])
    terminal.print(`    ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
  for (const { codec, profile, since, why } of demotions)
    terminal.print(`    not trusted with ${[codec, profile].join(" ").trimEnd()} since ${since}: ${why}`);
}

const cellsOf = (row: Capability): readonly string[] => [
  row.codec,
  row.profile === "" ? "any" : row.profile,
  String(row.depth),
  [...String(row.chroma)].join(":"),
  `${row.widthMin}x${row.heightMin}`,
  row.widthMax === 0 && row.heightMax === 0 ? "not said" : `${row.widthMax}x${row.heightMax}`,
];
