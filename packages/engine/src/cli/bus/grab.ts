import { writeFile } from "node:fs/promises";
import { type FrameLease, PlayoutError, tick } from "@retrovue/core";
import { encode } from "fast-png";
import { fileError } from "../../file-error.js";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import { type BusTool, patienceMs } from "./open.js";
import { rgbOf } from "./rgb-picture.js";
import { assetOf, tickRecord } from "./tick-line.js";

/** What to grab, and where to put it. */
export interface GrabOptions {
  readonly tick?: number;
  readonly out?: string;
  readonly json: boolean;
}

/** Writes one tick's picture as a PNG, and says whose it is. A picture that was reused while it was read is refused. */
export async function grabTick(tool: BusTool, options: GrabOptions, terminal: Terminal): Promise<number> {
  const { reader, address } = tool;
  const lease = await readTick(tool, options.tick);
  const rgb = rgbOf(lease.picture, reader.format);
  if (lease.release() === "overwritten") {
    throw new PlayoutError(
      "BusStale",
      `The picture of tick ${lease.tick} was overwritten while it was read.`,
      {
        remedy: "Grab a newer tick.",
      },
    );
  }
  if (rgb === undefined) {
    throw new PlayoutError(
      "Unimplemented",
      `Pictures of the layout ${reader.format.pixelFormat} cannot be written.`,
    );
  }
  const file = options.out ?? `${address.engineId}-ch${address.channelId}-${lease.tick}.png`;
  await writeFile(file, encode({ ...rgb, channels: 3, depth: 8 })).catch((cause: unknown) => {
    throw fileError(file, "written", cause, "Name a file by --out in a folder that this user may write to.");
  });
  if (options.json) terminal.print(JSON.stringify({ file, ...tickRecord(lease) }, null, 2));
  else terminal.print(`${file}: tick ${lease.tick}, ${describe(lease)}`);
  return exitCodes.Ok.code;
}

async function readTick({ reader }: BusTool, wanted: number | undefined): Promise<FrameLease> {
  const signal = AbortSignal.timeout(patienceMs);
  const lease = wanted === undefined ? await reader.next(signal) : await reader.at(tick(wanted), signal);
  if (!lease.overrun) return lease;
  throw new PlayoutError("InvalidArgument", `Tick ${lease.tick} is not held any more.`, {
    remedy: `Grab one from ${lease.oldest} to ${lease.head}.`,
  });
}

function describe(lease: FrameLease): string {
  const { standIn, standInReason } = lease.meta;
  if (standIn === undefined) return assetOf(lease);
  const held = standIn === "hold" ? ` of ${assetOf(lease)}` : "";
  return `${standIn}${held} because ${standInReason}`;
}
