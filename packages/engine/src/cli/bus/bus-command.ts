import { Command, InvalidArgumentError } from "commander";
import type { Terminal } from "../terminal.js";
import { grabTick } from "./grab.js";
import { listBuses } from "./list.js";
import { type BusPlace, openBusTool } from "./open.js";
import { showBus } from "./stat.js";
import { watchBus } from "./watch.js";

const examples = `
Examples:
  retrovue-playout bus ls                         every frame bus on this machine, living or not
  retrovue-playout bus stat playout-1/1           what channel 1 of engine playout-1 puts out
  retrovue-playout bus watch 1 --count 100        a line for each tick, a hundred of them
  retrovue-playout bus grab 1 --out now.png       the newest picture, and whose it is

A bus is named ENGINE/CHANNEL, or CHANNEL alone where only one engine has it; without a name it is the only one there is.`;

/** The commands over frame buses, for people. They read like any other reader: nobody notices them. */
export function busCommand(terminal: Terminal, end: (code: number) => void): Command {
  const bus = new Command("bus")
    .description("look into frame buses: list them, watch their ticks, grab a picture")
    .option("--prefix <name>", "how the names of their objects begin", "retrovue")
    .option("--dir <path>", "where their objects lie", "/dev/shm")
    .addHelpText("after", examples);
  const place = () => bus.opts<BusPlace>();

  bus
    .command("ls")
    .description("list the buses of all engines on this machine")
    .option("--json", "one JSON object on stdout", false)
    .action(async ({ json }: { json: boolean }) => end(await listBuses(place(), { json }, terminal)));
  bus
    .command("stat")
    .description("tell a bus's format, head, lead and newest tick")
    .argument("[bus]", "ENGINE/CHANNEL or CHANNEL")
    .option("--json", "one JSON object on stdout", false)
    .action(async (name: string | undefined, options: { json: boolean }) => {
      await using tool = await openBusTool(place(), name);
      end(await showBus(tool, options, terminal));
    });
  bus
    .command("watch")
    .description("print a line for each tick as it is committed")
    .argument("[bus]", "ENGINE/CHANNEL or CHANNEL")
    .option("--count <ticks>", "stop after so many ticks", wholeNumber)
    .option("--json", "one JSON object a line", false)
    .action(async (name: string | undefined, options: { count?: number; json: boolean }) => {
      await using tool = await openBusTool(place(), name);
      end(await watchBus(tool, options, terminal));
    });
  bus
    .command("grab")
    .description("write the picture of a tick as a PNG and say which asset and frame it is")
    .argument("[bus]", "ENGINE/CHANNEL or CHANNEL")
    .option("--tick <tick>", "which one; default: the newest", wholeNumber)
    .option("--out <file>", "where to; default: ENGINE-chCHANNEL-TICK.png in the current folder")
    .option("--json", "one JSON object on stdout", false)
    .action(async (name: string | undefined, options: { tick?: number; out?: string; json: boolean }) => {
      await using tool = await openBusTool(place(), name);
      end(await grabTick(tool, options, terminal));
    });
  return bus;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError("It is a whole number.");
  }
  return value;
}
