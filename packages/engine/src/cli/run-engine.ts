import { nanosecondsFromMs, PlayoutError } from "@retrovue/core";
import { NodeHostTime } from "../clock/node-host-time.js";
import { formatFault } from "../config/fault.js";
import type { PlayoutConfig } from "../config/playout-config.js";
import { Engine } from "../engine.js";
import { type Log, openLog } from "../log/log.js";
import { LogSink } from "../log/log-sink.js";
import { announcement } from "./announce.js";
import { exitCodeOf, reportReading } from "./check-config.js";
import { exitCodes } from "./exit-codes.js";
import type { Launch } from "./launch.js";
import type { Terminal } from "./terminal.js";
import { versionReport } from "./version.js";

/** How an engine is run from the command line. */
export interface RunManner {
  /** Tells people what to open once it runs. Default false. */
  readonly announce?: boolean;
  /** Reads the configuration again, as at the start; undefined where there is no file. */
  readonly reread?: () => Launch;
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
  using asked = new Asked(log, () => void reloadEngine(engineHere, manner.reread, log));
  const { version, node } = versionReport();
  const commit = terminal.environment["RETROVUE_COMMIT"] ?? "unknown";
  const engine = await Engine.start({ config, host, log, build: { version, commit, node } });
  engineHere = engine;
  if (manner.announce === true)
    for (const line of announcement(config, engine.addresses)) terminal.print(line);
  const why = await asked.toStop;
  if (PlayoutError.is(why)) log.fatal({ err: why }, "a fault of the engine: it stops");
  const { unfinished } = await engine.stop();
  if (sink.dropped > 0) log.warn({ lines: sink.dropped }, "log lines were dropped");
  await Promise.race([sink.flush(), new Promise<void>((resolve) => host.timer.after(flushNsMax, resolve))]);
  const code = PlayoutError.is(why) || unfinished.length > 0 ? exitCodes.Software.code : exitCodes.Ok.code;
  // What a plugin left open must not keep the process: it was told to end, and everything of ours has ended.
  process.exit(code);
}

/** Reads the configuration again and has the engine take it over. A faulty one changes nothing. */
async function reloadEngine(
  engine: Engine | undefined,
  reread: (() => Launch) | undefined,
  log: Log,
): Promise<void> {
  if (engine === undefined) {
    log.warn("the engine is still starting: nothing was reloaded");
    return;
  }
  try {
    const reading = reread?.().reading;
    if (reading === undefined) log.warn("there is no configuration file to reload");
    else if (reading.ok) await engine.reload(reading.config);
    else {
      const faults = reading.faults.map((fault) => `${formatFault(fault)}. ${fault.remedy}`);
      log.error({ faults }, "the configuration has faults: nothing was changed");
    }
  } catch (thrown) {
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
