import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempDisposableSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipFolder } from "@retrovue/plugin-contract";
import { CampaignEngine } from "./campaign-engine.ts";
import { filmFormat, type MarkedFilm } from "./marked-film.ts";
import { filmPlan } from "./strike-workers.ts";
import { TickWatch } from "./tick-watch.ts";

/** A small file system in memory; why there is none, where it cannot be had. */
export function smallDisk(folder: string, bytes: number): Disposable | string {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], {
    encoding: "utf8",
  });
  if (mounted.status !== 0)
    return `no small file system: ${mounted.stderr?.trim() || mounted.error?.message}`;
  return { [Symbol.dispose]: () => void spawnSync("umount", ["-l", folder]) };
}

/** Room for one channel of this size and its history, not for two. */
const busBytes = 16_000_000;
const dataBytes = 256_000;

/** Ticks as planned, one after another, after which a new worker is at work, and how many it may take to get there. */
const settledTicks = 15;
const recoveryTicksMax = 375;

/** What an engine with no room, no port and no file did. */
export interface FullPlacesReport {
  /** What it said, of what is missing. */
  readonly told: readonly string[];
  readonly faults: readonly string[];
  /** Why it was not tried; undefined where it was. */
  readonly skipped?: string;
}

/**
 * One channel airs with nothing around it as it should be: shared memory has no room for a second one, the data folder's disk is full
 * (also while workers are replaced), the metrics port is taken, and a third channel's media are missing. It must air all the same, and each must be told.
 */
export async function fullPlaces(film: MarkedFilm): Promise<FullPlacesReport> {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-faults-"));
  const busFolder = join(folder.path, "bus");
  const dataDir = join(folder.path, "var");
  const bus = smallDisk(busFolder, busBytes);
  if (typeof bus === "string") return { told: [], faults: [], skipped: bus };
  using _bus = bus;
  const data = smallDisk(dataDir, dataBytes);
  if (typeof data === "string") return { told: [], faults: [], skipped: data };
  using _data = data;
  const port = createServer();
  port.listen(0, "127.0.0.1");
  await once(port, "listening");
  const address = port.address();
  const taken = typeof address === "object" && address !== null ? address.port : 0;
  writeFileSync(join(folder.path, "plan.json"), JSON.stringify(filmPlan(film)));
  const faults: string[] = [];
  try {
    await using engine = new CampaignEngine({
      folder: folder.path,
      id: "faults",
      prefix: "full",
      busFolder,
      config: {
        media: { roots: [clipFolder()] },
        decoders: [{ use: "@retrovue/decoder-libav" }],
        telemetry: { metrics: { listen: `127.0.0.1:${taken}` } },
        defaults: { format: filmFormat, historyMs: 2_000 },
        channels: [
          { id: 1, name: "One", plan: "./plan.json", outputs: [] },
          {
            id: 2,
            name: "Large",
            plan: "./plan.json",
            outputs: [],
            format: { width: 1_920, height: 1_080, frameRate: filmFormat.frameRate },
          },
          { id: 3, name: "Missing", plan: "./nobody-made-this.json", outputs: [] },
        ],
      },
    });
    await using reader = await engine.openBus(1);
    const watch = new TickWatch(reader, film, new Set(["opening", "starved", "late", "workerLost"]));
    let standIns = 0;
    const look = async (ticks: number) => {
      for (let looked = 0; looked < ticks; looked++)
        if ((await watch.look()).standIn !== undefined) standIns += 1;
    };
    await look(75);
    standIns = 0;
    fill(dataDir);
    const before = new Set(engine.children("worker-main"));
    await look(75);
    // Those that stood ready when the disk was not full yet take its place first, then one that began on it.
    for (let replaced = 1, worker = onAir(engine); before.has(worker); replaced++, worker = onAir(engine)) {
      if (standIns > 0) faults.push(`${standIns} ticks stood in where nothing was wrong with the channel`);
      keepRoom(dataDir);
      process.kill(worker, "SIGKILL");
      await engine.untilLogged("worker replaced", replaced);
      await untilPlanned(watch);
      standIns = 0;
      await look(75);
      if (engine.times("worker replaced") > replaced) faults.push("a worker did not live on a full disk");
      if (statfsSync(dataDir).bavail > 0) faults.push("the disk was not full while workers were replaced");
    }
    await engine.untilLogged("the as-run log cannot be written: lines are lost; channels go on");
    for (const name of readdirSync(dataDir))
      if (name.startsWith("filling")) rmSync(join(dataDir, name), { recursive: true });
    await look(75);
    if (standIns > 0) faults.push(`${standIns} ticks stood in where nothing was wrong with the channel`);
    const told = [...engine.messages(new Set(["warn", "error"])).keys()];
    const notTold = ["channel not started"].filter((message) => engine.logged(message).length < 2);
    if (notTold.length > 0) faults.push(`not told of both channels: ${notTold.join(", ")}`);
    if (!told.some((message) => /metrics/.test(message))) faults.push("the taken metrics port is not told");
    if ((await engine.stop()) !== 0) faults.push("the engine did not end well");
    if (engine.times("the as-run log is written again") !== 1)
      faults.push("what the record lost is not told when there is room again");
    return { told, faults: [...faults, ...watch.faults] };
  } finally {
    port.close();
  }
}

/** Leaves no byte on a folder's disk, nor in the last page of the as-run log, which skips lines that are empty. */
function fill(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const record = join(folder, "as-run");
  const days = readdirSync(record).map((name) => join(record, name));
  for (const [file, bytes] of [
    [join(folder, "filling"), Number(bavail) * Number(bsize)],
    ...days.map((day) => [day, Number(bsize)] as const),
  ] as const) {
    try {
      appendFileSync(file, Buffer.alloc(bytes, "\n"));
    } catch {
      // It is full before that: as it should be.
    }
  }
}

/** What workers leave behind when they end stays where it is, by other names: its room would be that of their successors. */
function keepRoom(folder: string): void {
  const kept = mkdtempSync(join(folder, "filling-"));
  const left = readdirSync(join(folder, "run"), { recursive: true, withFileTypes: true });
  for (const [index, entry] of left.entries())
    if (entry.isFile()) linkSync(join(entry.parentPath, entry.name), join(kept, String(index)));
}

/** The worker on air. */
function onAir(engine: CampaignEngine): number {
  const worker = engine.workerOf(1);
  if (worker === undefined) throw new Error("No worker has the channel's bus.");
  return worker;
}

/** Looks until a worker that took another's place has aired what is planned for a while. */
async function untilPlanned(watch: TickWatch): Promise<void> {
  for (let planned = 0, looked = 0; planned < settledTicks; looked++) {
    if (looked > recoveryTicksMax) throw new Error("What is planned did not come back on a full disk.");
    planned = (await watch.look()).standIn === undefined ? planned + 1 : 0;
  }
}
