import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decoder, PluginContext } from "@retrovue/core";
import { endOfMedia, mediaTime, PlayoutError } from "@retrovue/core";
import { type Clip, clipSources, isClip } from "@retrovue/plugin-contract";
import plugin, { type DeviceOption, type HardwareDecoderFactory, parseOptions } from "../src/index.js";

export const never = new AbortController().signal;

/** What the plugin wrote to its log. */
export type Line = { readonly level: string; readonly message: string; readonly fields: object };

/** A factory over a folder of its own, both gone when it is disposed. */
export class Bench implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "retrovue-hw-"));
  readonly lines: Line[] = [];
  readonly #factories: HardwareDecoderFactory[] = [];

  /** @param more options beside the devices */
  async factory(devices: readonly DeviceOption[], more: object = {}): Promise<HardwareDecoderFactory> {
    const note =
      (level: string) =>
      (message: string, fields: object = {}) =>
        void this.lines.push({ level, message, fields });
    const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const context: PluginContext = { log, configFolder: "/", mediaRoots: ["/"], protocols: ["file"] };
    const options = parseOptions({ devices, folder: join(this.folder, "state"), ...more });
    const made = await plugin.provides.decoder.create(options, context);
    this.#factories.push(made as HardwareDecoderFactory);
    return made as HardwareDecoderFactory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const factory of this.#factories) await factory[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One of the contract suite's own clips. */
export async function clipOf(name: string): Promise<Clip & { readonly path: string }> {
  const made = await clipSources.find((source) => source.name === name)?.make(never);
  if (made === undefined || !isClip(made) || made.path === undefined)
    throw new Error(`There is no clip ${name}.`);
  return { ...made, path: made.path };
}

/** Pictures until the end, or until `max`; each goes back at once. */
export async function countPictures(decoder: Decoder, max = 10_000): Promise<number> {
  for (let count = 0; count < max; count++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) return count;
    picture.release();
  }
  return max;
}

/** What a call was refused with. */
export async function refusal(work: Promise<unknown>): Promise<PlayoutError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof PlayoutError) return thrown;
    throw thrown;
  }
  throw new Error("It was not refused.");
}
