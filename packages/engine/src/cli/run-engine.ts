import { nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { formatFault } from "../config/fault.js";
import type { PlayoutConfig } from "../config/playout-config.js";
import { Engine } from "../engine.js";
import { type Log, openLog } from "../log/log.js";
import { LogSink } from "../log/log-sink.js";
import type { FileCalls } from "../media/file-calls.js";
import { announcement } from "./announce.js";
import { exitCodeOf, reportReading } from "./check-config.js";
import { exitCodes } from "./exit-codes.js";
import type { Launch } from "./launch.js";
import { leaveProcess } from "./leave-process.js";
import { reportThrown } from "./report-thrown.js";
import type { Terminal } from "./terminal.js";
import { versionReport } from "./version.js";

/** How an engine is run from the command line. */
export interface RunManner {
  /** Tells people what to open once it runs. Default false. */
  readonly announce?: boolean;
  /** Reads the configuration again, as at the start; undefined where there is no file. */
  readonly reread?: (signal: AbortSignal) => Promise<Launch>;
  /** Who asks for files that may not answer. Default: the engine's own. */
  readonly files?: FileCalls;
}

/** Runs an engine until it is asked to stop. Gives the exit code. */
export type EngineRunner = (config: PlayoutConfig, terminal: Terminal, manner: RunManner) => Promise<number>;

/** How long the last log lines may take to be written. */
const flushNsMax = nanosecondsFromMs(500);

/** Reads the configuration and runs the engine until it is asked to stop. Gives the exit code. */
export async function runLaunch(
  launch: Launch,
  terminal: Terminal,
  run: EngineRunner = runEngine,
  manner: RunManner = {},
): Promise<number> {
  reportReading(launch, terminal);
  if (!launch.reading.ok) return exitCodeOf(launch.reading);
  return await run(launch.reading.config, terminal, manner);
}

async function runEngine(config: PlayoutConfig, terminal: Terminal, manner: RunManner): Promise<number> {
  const host = new NodeHostTime();
  const sink = new LogSink(1, host.timer);
  const { level, format } = config.telemetry.log;
  const isPretty = format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
  const log = openLog({
    level,
    format: isPretty ? "pretty" : "json",
    colours: terminal.colours("stdout"),
    write: sink.write,
    now: () => host.utc(),
  });
  let engineHere: Engine | undefined;
  const ending = new AbortController();
  // In order: the last one is to hold, however long an earlier one takes to be read.
  let reloading = Promise.resolve();
  const reload = () => {
    reloading = reloading.then(() => reloadEngine(engineHere, manner.reread, log, ending.signal));
  };
  using asked = new Asked(log, reload);
  const why = asked.toStop.then((reason) => {
    if (PlayoutError.is(reason)) log.fatal({ err: reason }, "a fault of the engine: it stops");
    ending.abort(new PlayoutError("Closed", "The engine is closing."));
    return reason;
  });
  const { version, node } = versionReport();
  const commit = terminal.environment["RETROVUE_COMMIT"] ?? "unknown";
  const end = async (code: number): Promise<never> => {
    if (sink.dropped > 0) log.warn({ lines: sink.dropped }, "log lines were dropped");
    await Promise.race([sink.flush(), new Promise<void>((resolve) => host.timer.after(flushNsMax, resolve))]);
    // What a plugin left open must not keep the process: it was told to end, and everything of ours has ended.
    return await leaveProcess(code, host.timer);
  };
  let unfinished: readonly string[];
  try {
    const engine = await Engine.start({
      config,
      host,
      log,
      build: { version, commit, node },
      files: manner.files,
      signal: ending.signal,
    });
    engineHere = engine;
    if (manner.announce === true)
      for (const line of announcement(config, engine.addresses)) terminal.print(line);
    await why;
    ({ unfinished } = await engine.stop());
  } catch (thrown) {
    // One that failed by itself is told, also where somebody ends it while it closes.
    const wasEnded = ending.signal.aborted && PlayoutError.from(thrown).code === "Cancelled";
    if (!wasEnded) return await end(reportThrown(thrown, terminal));
    ({ unfinished } = whatIsLeft(thrown));
    log.info({ unfinished: unfinished.length }, "engine stopped while it started");
  }
  const isFault = PlayoutError.is(await why) || unfinished.length > 0;
  return await end(isFault ? exitCodes.Software.code : exitCodes.Ok.code);
}

/** What a start that was ended says of its end. */
function whatIsLeft(thrown: unknown): { readonly unfinished: readonly string[] } {
  const { unfinished } = PlayoutError.from(thrown).details;
  return { unfinished: Array.isArray(unfinished) ? unfinished : [] };
}

/** Reads the configuration again and has the engine take it over. A faulty one changes nothing. */
async function reloadEngine(
  engine: Engine | undefined,
  reread: RunManner["reread"],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  if (engine === undefined) {
    log.warn("the engine is still starting: nothing was reloaded");
    return;
  }
  try {
    const reading = (await reread?.(signal))?.reading;
    if (reading === undefined) log.warn("there is no configuration file to reload");
    else if (reading.ok) await engine.reload(reading.config);
    else {
      const faults = reading.faults.map((fault) => `${formatFault(fault)}. ${fault.remedy}`);
      log.error({ faults }, "the configuration has faults: nothing was changed");
    }
  } catch (thrown) {
    if (signal.aborted) return;
    log.error({ err: thrown }, "the configuration cannot be read: nothing was changed");
  }
}

/** Hears who wants the engine to stop: a signal, or a fault that nobody caught. */
class Asked implements Disposable {
  readonly toStop: Promise<NodeJS.Signals | PlayoutError>;
  readonly #handlers: readonly (readonly [string, (...told: never[]) => void])[];

  constructor(log: Log, reload: () => void) {
    const { promise, resolve } = Promise.withResolvers<NodeJS.Signals | PlayoutError>();
    this.toStop = promise;
    const stop = (signal: NodeJS.Signals) => {
      log.info({ signal }, "asked to stop");
      resolve(signal);
    };
    this.#handlers = [
      ["SIGTERM", stop],
      ["SIGINT", stop],
      ["SIGHUP", reload],
      // A promise that nobody heard broke one thing at most; the channels go on.
      ["unhandledRejection", (thrown: unknown) => log.error({ err: thrown }, "a failure that nobody heard")],
      ["uncaughtException", (thrown: unknown) => resolve(PlayoutError.from(thrown))],
    ];
    for (const [event, handler] of this.#handlers) process.on(event, handler as () => void);
  }

  [Symbol.dispose](): void {
    for (const [event, handler] of this.#handlers) process.off(event, handler as () => void);
  }
}
