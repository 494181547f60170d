import { formatFault } from "../config/fault.js";
import type { ConfigReading } from "../config/load.js";
import { exitCodes } from "./exit-codes.js";
import type { Launch } from "./launch.js";
import { summarise, summaryLines } from "./summary.js";
import type { Terminal } from "./terminal.js";

/** How `check-config` answers. */
export interface CheckConfigOptions {
  /** One JSON object on stdout, nothing on stderr. */
  readonly json: boolean;
  /** Warnings count as faults. */
  readonly strict: boolean;
}

/** Tells what a configuration would run, or everything that is wrong with it. Gives the exit code. */
export function checkConfig(launch: Launch, options: CheckConfigOptions, terminal: Terminal): number {
  const { name, reading } = launch;
  const refused = options.strict && reading.warnings.length > 0;
  const code = !reading.ok || refused ? exitCodeOf(reading) : exitCodes.Ok.code;
  if (options.json) {
    terminal.print(JSON.stringify(asJson(name, reading, code), null, 2));
    return code;
  }
  reportReading(launch, terminal);
  if (reading.ok) {
    if (refused) {
      terminal.error(`${name}: warnings are refused by --strict`);
    } else {
      terminal.print(terminal.style("green", `${name} is right. It would run:`));
      for (const line of summaryLines(summarise(reading.config))) terminal.print(line);
    }
  }
  return code;
}

/** Writes every fault and warning of a reading to stderr. */
export function reportReading({ name, reading }: Launch, terminal: Terminal): void {
  for (const warning of reading.warnings) terminal.warn(formatFault(warning), warning.remedy);
  if (reading.ok) return;
  for (const fault of reading.faults) terminal.error(formatFault(fault), fault.remedy);
  if (reading.faults.length > 1) terminal.error(`${reading.faults.length} faults in ${name}`);
}

/** The exit code of a reading that cannot be used. */
export function exitCodeOf(reading: ConfigReading): number {
  if (reading.ok || reading.reason === "invalid") return exitCodes.BadConfig.code;
  return reading.reason === "missing" ? exitCodes.NoInput.code : exitCodes.NoPermission.code;
}

function asJson(name: string, reading: ConfigReading, code: number): object {
  const { warnings } = reading;
  const ok = code === exitCodes.Ok.code;
  return reading.ok
    ? { ok, file: name, faults: [], warnings, runs: summarise(reading.config) }
    : { ok, file: name, faults: reading.faults, warnings };
}
