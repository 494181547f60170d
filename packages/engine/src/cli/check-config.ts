import { type ConfigFault, formatFault } from "../config/fault.js";
import type { ConfigReading } from "../config/load.js";
import { planFindings } from "./check/check-plans.js";
import { pluginFaults } from "./check/check-plugins.js";
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

/** Tells what a configuration would run, or everything that is wrong with it, its plugins and its plan files. Gives the exit code. */
export async function checkConfig(
  launch: Launch,
  options: CheckConfigOptions,
  terminal: Terminal,
): Promise<number> {
  const { name } = launch;
  const { reading, exitCode } = await lookedInto(launch.reading);
  const refused = reading.ok && options.strict && reading.warnings.length > 0;
  const code = refused ? exitCodes.BadConfig.code : exitCode;
  if (options.json) {
    terminal.print(JSON.stringify(asJson(name, reading, code), null, 2));
    return code;
  }
  reportReading({ ...launch, reading }, terminal);
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
  return reading.reason === "forbidden" ? exitCodes.NoPermission.code : exitCodes.NoInput.code;
}

/** A reading with what its plugins and plan files were found to be. */
async function lookedInto(
  reading: ConfigReading,
): Promise<{ readonly reading: ConfigReading; readonly exitCode: number }> {
  if (!reading.ok) return { reading, exitCode: exitCodeOf(reading) };
  const { config, placed } = reading;
  const ofPlugins = await pluginFaults(config);
  const ofPlans = await planFindings(config);
  const warnings = inOrder([...reading.warnings, ...ofPlans.warnings.map(placed)]);
  const faults = inOrder([...ofPlugins, ...ofPlans.faults].map(placed));
  if (faults.length === 0) return { reading: { ...reading, warnings }, exitCode: exitCodes.Ok.code };
  const { BadConfig, BadData } = exitCodes;
  return {
    reading: { ok: false, reason: "invalid", faults, warnings },
    exitCode: ofPlugins.length > 0 ? BadConfig.code : BadData.code,
  };
}

/** As they stand in the file. */
const inOrder = (faults: readonly ConfigFault[]): readonly ConfigFault[] =>
  faults.toSorted((a, b) => a.line - b.line || a.column - b.column);

function asJson(name: string, reading: ConfigReading, code: number): object {
  const { warnings } = reading;
  const ok = code === exitCodes.Ok.code;
  return reading.ok
    ? { ok, file: name, faults: [], warnings, runs: summarise(reading.config) }
    : { ok, file: name, faults: reading.faults, warnings };
}
