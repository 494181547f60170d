import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import { type BusTool, patienceMs } from "./open.js";
import { tickLine, tickRecord } from "./tick-line.js";

/** Prints ticks as they are committed, until `count` of them, until nobody reads them, or until the bus ends. */
export async function watchBus(
  tool: BusTool,
  options: { readonly count?: number; readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { reader } = tool;
  const { count = Number.POSITIVE_INFINITY } = options;
  for (let seen = 0; seen < count && !terminal.readerGone.aborted; seen++) {
    const lease = await reader.next(AbortSignal.timeout(patienceMs));
    if (lease.overrun) {
      // Told and gone on: a terminal that was slow is not an error.
      const missed = lease.oldest - lease.tick;
      terminal.print(
        options.json
          ? JSON.stringify({ overrun: true, from: lease.tick, missed })
          : `${lease.tick}  missed ${missed} ticks`,
      );
      continue;
    }
    terminal.print(options.json ? JSON.stringify(tickRecord(lease)) : tickLine(lease));
    lease.release();
  }
  return exitCodes.Ok.code;
}
