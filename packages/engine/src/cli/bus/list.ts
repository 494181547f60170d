import { formatRational, HouseGrid, houseAt, PlayoutError } from "@retrovue/core";
import { type FoundBus, findBuses } from "@retrovue/framebus-shm";
import { NodeHostTime } from "../../clock/node-host-time.js";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import { type BusPlace, openReader } from "./open.js";

/** A bus in the list. */
interface BusRow {
  readonly engine: string;
  readonly channel: number;
  readonly bytes: number;
  /** `live`, or why it cannot be read. */
  readonly state: string;
  readonly format?: string;
  readonly head?: number;
  /** How far the head lies ahead of house time, milliseconds. */
  readonly leadMs?: number;
}

/** Lists all buses. A bus that cannot be opened is a row like any other, with the reason for its state. */
export async function listBuses(
  place: BusPlace,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const found = await findBuses({ prefix: place.prefix, directory: place.dir });
  const rows = await Promise.all(found.map((bus) => describeBus(place, bus)));
  if (options.json) terminal.print(JSON.stringify({ buses: rows }, null, 2));
  else if (rows.length === 0) terminal.print(`No frame bus in ${place.dir} begins with "${place.prefix}.".`);
  else for (const line of table(rows)) terminal.print(line);
  return exitCodes.Ok.code;
}

async function describeBus(place: BusPlace, bus: FoundBus): Promise<BusRow> {
  const row = { engine: bus.engineId, channel: bus.channelId, bytes: bus.bytes };
  try {
    await using reader = await openReader(place, bus);
    const { width, height, frameRate, sampleRate } = reader.format;
    const grid = new HouseGrid(frameRate, sampleRate);
    const head = reader.head();
    const now = houseAt(reader.mapping(), new NodeHostTime().monotonic());
    const leadMs = head < 0 ? undefined : Math.round(Number(grid.tickTime(head) - now) / 1e6);
    const format = `${width}x${height} ${formatRational(frameRate)}`;
    return { ...row, state: "live", format, head, ...(leadMs !== undefined && { leadMs }) };
  } catch (thrown) {
    return { ...row, state: PlayoutError.from(thrown).code };
  }
}

function table(rows: readonly BusRow[]): string[] {
  const head = ["BUS", "STATE", "FORMAT", "HEAD", "LEAD", "MEMORY"];
  const cells = rows.map((row) => [
    `${row.engine}/${row.channel}`,
    row.state,
    row.format ?? "-",
    row.head === undefined || row.head < 0 ? "-" : String(row.head),
    row.leadMs === undefined ? "-" : `${row.leadMs} ms`,
    `${(row.bytes / 1e6).toFixed(1)} MB`,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)));
  return [head, ...cells].map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
