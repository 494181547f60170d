import {
  type BusAddress,
  type FrameReader,
  HouseGrid,
  houseAt,
  type Nanoseconds,
  PlayoutError,
} from "@retrovue/core";
import { findBuses, ShmFrameBus } from "@retrovue/framebus-shm";
import { NodeHostTime } from "../../clock/node-host-time.js";

/** Where buses are looked for. */
export interface BusPlace {
  readonly prefix: string;
  readonly dir: string;
}

/** An open bus, as the commands use it. */
export interface BusTool extends AsyncDisposable {
  readonly address: BusAddress;
  readonly reader: FrameReader;
  readonly grid: HouseGrid;
  /** House time by the mapping in the bus. */
  now(): Nanoseconds;
}

/** How long a command waits for a tick: a running bus has thirty of them a second. */
export const patienceMs = 5_000;

/** Opens the bus that is named, or the only one there is. `BusNotFound` lists those that are there. */
export async function openBusTool(place: BusPlace, name: string | undefined): Promise<BusTool> {
  const address = await resolveBus(place, name);
  const reader = await openReader(place, address);
  const host = new NodeHostTime();
  const { frameRate, sampleRate } = reader.format;
  return {
    address,
    reader,
    grid: new HouseGrid(frameRate, sampleRate),
    now: () => houseAt(reader.mapping(), host.monotonic()),
    [Symbol.asyncDispose]: () => Promise.resolve(reader[Symbol.asyncDispose]()),
  };
}

/** Opens a bus for reading, under a name that operators recognise among its readers. */
export function openReader(place: BusPlace, address: BusAddress): Promise<FrameReader> {
  const bus = new ShmFrameBus({ prefix: place.prefix, directory: place.dir });
  return bus.openReader(address, { name: "retrovue-playout bus" }, AbortSignal.timeout(patienceMs));
}

async function resolveBus(place: BusPlace, name: string | undefined): Promise<BusAddress> {
  const found = await findBuses({ prefix: place.prefix, directory: place.dir });
  const fits = found.filter(({ engineId, channelId }) => {
    return name === undefined || name === `${engineId}/${channelId}` || name === String(channelId);
  });
  const [only] = fits;
  if (only !== undefined && fits.length === 1) return only;
  const there = found.map(({ engineId, channelId }) => `${engineId}/${channelId}`).join(", ");
  const wanted =
    name === undefined
      ? "Which bus?"
      : fits.length > 1
        ? `"${name}" fits several buses.`
        : `There is no bus "${name}".`;
  throw new PlayoutError(
    "BusNotFound",
    found.length === 0 ? `There is no frame bus in ${place.dir}.` : wanted,
    {
      remedy:
        found.length === 0 ? "Start an engine, or name another --dir or --prefix." : `There are: ${there}.`,
    },
  );
}
