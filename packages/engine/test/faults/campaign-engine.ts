import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameReader } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";
import { maps, named, treeOf } from "../../../../scripts/bench/process-tree.ts";
import { startedPlayout } from "../built-cli.ts";
import { Elapsed, pause } from "../seams/real-time.ts";

/** What a campaign's engine is started with. */
export interface CampaignEngineOptions {
  /** Where it lives, over restarts as well: its configuration and its data are there. */
  readonly folder: string;
  readonly id: string;
  /** The configuration beside what this class says itself. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly prefix: string;
  /** Default: the system's shared memory. */
  readonly busFolder?: string;
}

type LogLine = Readonly<Record<string, unknown>>;

/** Lines of one message that are kept; of those beyond, the count. */
const linesKept = 2_000;
const patienceMs = 60_000;

/** An engine as it is shipped, in processes of its own; what it logs is kept by message. */
export class CampaignEngine implements AsyncDisposable {
  readonly folder: string;
  readonly #options: CampaignEngineOptions;
  readonly #process;
  readonly #lines = new Map<string, LogLine[]>();
  readonly #counts = new Map<string, number>();
  readonly #killAtExit = () => void this.#process.child.kill("SIGKILL");
  #rest = "";

  constructor(options: CampaignEngineOptions) {
    this.#options = options;
    this.folder = options.folder;
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, "playout.yaml"), JSON.stringify(this.#config()));
    this.#process = startedPlayout([], { cwd: this.folder });
    this.#process.child.stdout.on("data", (text: string) => this.#take(text));
    // A campaign that comes to grief leaves no engine behind.
    process.once("exit", this.#killAtExit);
  }

  get pid(): number {
    return this.#process.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process.child.exitCode === null && this.#process.child.signalCode === null;
  }

  /** Lines of the log with this message, the oldest first. */
  logged(message: string): readonly LogLine[] {
    return this.#lines.get(message) ?? [];
  }

  /** How often something was logged. */
  times(message: string): number {
    return this.#counts.get(message) ?? 0;
  }

  /** Each message of a level, and how often it came. */
  messages(levels: ReadonlySet<unknown>): ReadonlyMap<string, number> {
    const found = [...this.#lines].filter(([, lines]) => levels.has(lines[0]?.["level"]));
    return new Map(found.map(([message]) => [message, this.times(message)]));
  }

  /** Waits until something was logged, as long as the engine runs. */
  async untilLogged(message: string, times = 1): Promise<LogLine> {
    await this.until(() => this.times(message) >= times, `"${message}"`);
    return this.logged(message).at(-1) ?? {};
  }

  /** Waits until something holds, as long as the engine runs. */
  async until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const elapsed = new Elapsed();
    while (!(await holds())) {
      if (!this.isRunning) throw new Error(`The engine ended before ${what}: ${this.#words()}`);
      if (elapsed.ms > patienceMs) throw new Error(`The engine did not come to ${what}: ${this.#words()}`);
      await pause(5);
    }
  }

  /** The address that the engine's start told, as `host:port`. */
  async address(of: "view" | "metrics" | "control"): Promise<string> {
    return String((await this.untilLogged("engine started"))[of]);
  }

  async metricsText(): Promise<string> {
    return await (await fetch(`http://${await this.address("metrics")}/metrics`)).text();
  }

  /** Sum of a metric's samples whose labels hold all of these. */
  async metric(name: string, ...labels: readonly string[]): Promise<number> {
    return sumOf(await this.metricsText(), name, labels);
  }

  /** Processes of this engine by the module that they run: workers, on air and spare, or renderers. */
  children(module: "worker-main" | "render-main"): readonly number[] {
    return named(this.pid, module);
  }

  /** All processes of this engine, itself included. */
  processes(): readonly number[] {
    return treeOf(this.pid);
  }

  /** The worker that is on air: it has the channel's bus mapped. */
  workerOf(channel: number): number | undefined {
    return this.children("worker-main").findLast((pid) => maps(pid, this.#busName(channel)));
  }

  rendererOf(channel: number): number | undefined {
    return this.children("render-main").findLast((pid) => maps(pid, this.#busName(channel)));
  }

  /** Opens a channel's bus as soon as it is there. */
  async openBus(channel: number): Promise<FrameReader> {
    const { prefix, id, busFolder = "/dev/shm" } = this.#options;
    const bus = new ShmFrameBus({ prefix, directory: busFolder });
    const found: FrameReader[] = [];
    await this.until(async () => {
      const reader = await bus
        .openReader(
          { engineId: id, channelId: channel },
          { name: "campaign" },
          AbortSignal.timeout(patienceMs),
        )
        .catch(() => undefined);
      if (reader !== undefined) found.push(reader);
      return found.length > 0;
    }, `the bus of channel ${channel}`);
    const [reader] = found;
    if (reader === undefined) throw new Error("The bus is open.");
    return reader;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.child.kill(signal);
  }

  /** Asks it to end, and tells how it did. */
  async stop(): Promise<number | null> {
    if (this.isRunning) this.signal("SIGTERM");
    return (await this.#process.ended).code;
  }

  /** Kills it as a fault of its own would, and waits until its processes have left by themselves. */
  async kill(): Promise<void> {
    const left = this.processes();
    this.signal("SIGKILL");
    await this.#process.ended;
    const elapsed = new Elapsed();
    while (left.some((pid) => isAlive(pid))) {
      if (elapsed.ms > patienceMs) throw new Error("Processes of a killed engine go on.");
      await pause(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process[Symbol.dispose]();
    await this.#process.ended;
    process.off("exit", this.#killAtExit);
  }

  #busName(channel: number): string {
    const { prefix, id } = this.#options;
    return `${prefix}.${id}.ch${channel}.`;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    // What is kept by message need not be kept as text as well.
    this.#process.text.out = "";
    for (const line of lines.filter(Boolean)) {
      const told = JSON.parse(line) as LogLine;
      const message = String(told["message"]);
      this.#counts.set(message, this.times(message) + 1);
      const kept = this.#lines.get(message) ?? [];
      if (kept.length < linesKept) kept.push(told);
      this.#lines.set(message, kept);
    }
  }

  #words(): string {
    const bad = [...this.messages(new Set(["warn", "error", "fatal"])).keys()].flatMap((message) =>
      this.logged(message).slice(-2),
    );
    return `${this.#process.text.err}${bad.map((line) => JSON.stringify(line)).join("\n")}`;
  }

  #config(): object {
    const { id, config, prefix, busFolder } = this.#options;
    const options = { prefix, ...(busFolder !== undefined && { directory: busFolder }) };
    return {
      media: { roots: ["."] },
      frameBus: { use: "@retrovue/framebus-shm", options },
      transports: [],
      http: { control: { listen: "127.0.0.1:0" } },
      telemetry: { metrics: { listen: "127.0.0.1:0" } },
      ...config,
      engine: { id, dataDir: "./var", spareWorkers: 1, ...(config["engine"] as object | undefined) },
    };
  }
}

/** Sum of a metric's samples in the text form whose labels hold all of these. */
export const sumOf = (text: string, name: string, labels: readonly string[]): number =>
  text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);

function isAlive(pid: number): boolean {
  try {
    // One that has ended and was not waited for yet is none.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
