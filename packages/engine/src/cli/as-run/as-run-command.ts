import { Command, InvalidArgumentError } from "commander";
import type { Terminal } from "../terminal.js";
import { type AsRunCheckOptions, checkAsRunFiles } from "./check.js";

const examples = `
Examples:
  retrovue-playout as-run check                          what aired otherwise than planned
  retrovue-playout as-run check --channel 1 --json       the same of one channel, for programs
  retrovue-playout as-run check --channel 1 --plan a.yaml  against a plan file`;

/**
 * The commands over as-run logs. They only read, so an engine may be running.
 *
 * @param dataDirOf the configuration's data folder, or what to exit with where it has faults, which are told by then
 */
export function asRunCommand(
  terminal: Terminal,
  dataDirOf: () => string | number,
  end: (code: number) => void,
): Command {
  const asRun = new Command("as-run")
    .description("compare what aired with what was planned")
    .addHelpText("after", examples);
  asRun
    .command("check")
    .description("print each tick range that did not air as planned, and why")
    .option("--data-dir <path>", "the engine's data folder (default: that of the configuration)")
    .option("--channel <id>", "this channel alone", wholeNumber)
    .option("--plan <file>", "compare with this plan file, whose segments say their durations")
    .option("--json", "one JSON object on stdout", false)
    .allowExcessArguments(false)
    .action(async (options: AsRunCheckOptions & { dataDir?: string }) => {
      const dataDir = options.dataDir ?? dataDirOf();
      end(typeof dataDir === "number" ? dataDir : await checkAsRunFiles(dataDir, options, terminal));
    });
  return asRun;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
