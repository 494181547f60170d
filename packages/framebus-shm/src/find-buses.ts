import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BusAddress } from "@retrovue/core";
import { parseOptions, type ShmFrameBusOptions } from "./options.js";

/** A bus whose control object exists; its engine may be gone. */
export interface FoundBus extends BusAddress {
  /** Bytes of its control and picture objects together. */
  readonly bytes: number;
}

/**
 * The buses of all engines below the directory, by engine and channel. Names are all that is looked at: open one to
 * learn whether it lives. Objects that vanish meanwhile are left out.
 */
export async function findBuses(options: ShmFrameBusOptions = {}): Promise<readonly FoundBus[]> {
  const { prefix, directory } = parseOptions(options);
  const names = await readdir(directory).catch(() => []);
  const found: FoundBus[] = [];
  for (const name of names) {
    const address = addressOf(name, prefix);
    if (address === undefined) continue;
    const sizes = await Promise.all([name, `${name}.pictures`].map((file) => sizeOf(join(directory, file))));
    const [control, pictures] = sizes;
    if (control !== undefined) found.push({ ...address, bytes: control + (pictures ?? 0) });
  }
  return found.sort((a, b) =>
    a.engineId < b.engineId ? -1 : a.engineId > b.engineId ? 1 : a.channelId - b.channelId,
  );
}

function addressOf(name: string, prefix: string): BusAddress | undefined {
  if (!name.startsWith(`${prefix}.`)) return undefined;
  const match = /^([a-z0-9_-]{1,64})\.ch(\d{1,10})$/.exec(name.slice(prefix.length + 1));
  return match ? { engineId: match[1] ?? "", channelId: Number(match[2]) } : undefined;
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
