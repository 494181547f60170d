import { type DecoderFactory, PlayoutError, type PluginContext, type PluginFolders } from "@retrovue/core";
import type { DeviceReport } from "@retrovue/decoder-hw";
import { loadPlugin, type PluginUse } from "../plugins/load-plugin.js";
import { foldersFor } from "../plugins/plugin-folders.js";

/** What a process that asks drivers is told. */
export interface ListingOrder {
  readonly uses: readonly (PluginUse & { readonly port: "decoder" })[];
  readonly folder: string;
  readonly mediaRoots: readonly string[];
  /** Those of the engine's plugins: what it has learnt of devices, and how many sessions it has. */
  readonly folders?: PluginFolders;
}

/** The devices of one configured decoder, or why it has none to tell of. Plain values. */
export interface DecoderDevices {
  readonly decoder: string;
  readonly place: string;
  readonly devices: readonly DeviceReport[];
  readonly error?: { readonly code: string; readonly what: string; readonly remedy?: string };
}

/** A decoder that works on devices tells of them by this, beside its port. */
interface DeviceTeller extends DecoderFactory, Partial<AsyncDisposable> {
  devices(signal: AbortSignal): Promise<readonly DeviceReport[]>;
}

const isTeller = (factory: DecoderFactory): factory is DeviceTeller =>
  "devices" in factory && typeof factory.devices === "function";

/** Asks each decoder that has devices for them; loads drivers into this process. Never rejects. */
export async function listDevices(order: ListingOrder): Promise<readonly DecoderDevices[]> {
  const told: DecoderDevices[] = [];
  for (const use of order.uses) {
    const head = { decoder: use.use, place: use.place };
    try {
      const devices = await devicesOf(use, order);
      if (devices !== undefined) told.push({ ...head, devices });
    } catch (thrown) {
      const { code, what, remedy } = PlayoutError.from(thrown);
      told.push({ ...head, devices: [], error: { code, what, ...(remedy && { remedy }) } });
    }
  }
  return told;
}

async function devicesOf(
  use: ListingOrder["uses"][number],
  { folder, mediaRoots, folders: all }: ListingOrder,
): Promise<readonly DeviceReport[] | undefined> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const folders = foldersFor(all, use.use);
  const context: PluginContext = {
    log,
    configFolder: folder,
    mediaRoots,
    protocols: ["file"],
    ...(folders && { folders }),
  };
  const factory = await (await loadPlugin(use, folder)).create(context, {});
  try {
    return isTeller(factory) ? await factory.devices(new AbortController().signal) : undefined;
  } finally {
    if (Symbol.asyncDispose in factory) await (factory as AsyncDisposable)[Symbol.asyncDispose]();
  }
}
