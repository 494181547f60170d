import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Nanoseconds, nanosecondsFromMs, type Timer } from "@retrovue/core";
import { z } from "zod";
import type { Log } from "../log/log.js";

const requestShape = z.object({
  channel: z.int(),
  /** As StartChannel named them. */
  handle: z.string(),
  port: z.int().min(0).max(65_535),
  format: z.string(),
  /** True where the configuration names the channel, and only leaves its start to requests. */
  isConfigured: z.boolean(),
});
const fileShape = z.object({ version: z.literal(1), channels: z.array(requestShape).max(10_000) });

/** A channel that a request put on air. */
export type RequestedChannel = Readonly<z.infer<typeof requestShape>>;

/** What they are remembered with. */
export interface RequestedChannelsOptions {
  /** The engine's data folder; made when first needed. */
  readonly dataDir: string;
  /** An engine that was away for longer begins without them. */
  readonly keepDays: number;
  /** UTC now, nanoseconds since the Unix epoch. */
  readonly utc: () => Nanoseconds;
  readonly timer: Timer;
  readonly log: Log;
}

const dayNs = nanosecondsFromMs(86_400_000);

/**
 * Which channels requests have on air, in the data folder: an engine that comes back puts them on air again, so that their scheduler
 * need not (field lesson 48). The file is replaced whole or not at all, never before it was read, and freshened at the start and
 * each day, so that its age tells for how long the engine was away. What fails is logged and keeps nothing off air.
 */
export class RequestedChannels implements AsyncDisposable {
  readonly #options: RequestedChannelsOptions;
  readonly #file: string;
  readonly #channels = new Map<number, RequestedChannel>();
  /** Channels that requests spoke of before the file was read; undefined from then on. */
  #spokenOf: Set<number> | undefined = new Set();
  #recalling: Promise<readonly RequestedChannel[]> | undefined;
  #writing: Promise<void> | undefined;
  #isStale = false;
  #freshening: Disposable | undefined;

  constructor(options: RequestedChannelsOptions) {
    this.#options = options;
    this.#file = join(options.dataDir, "requested-channels.json");
    this.#freshen();
  }

  /**
   * Those that were on air when the engine ended and of which no request has spoken since. They stay in the list, on air or not,
   * until a request stops them. Where the file cannot be read there are none, and the next change of the list tries again.
   */
  async load(): Promise<readonly RequestedChannel[]> {
    try {
      const recalled = await this.#recall();
      if (recalled.length > 0) this.#save();
      return recalled;
    } catch (thrown) {
      this.#options.log.error(
        { err: thrown, file: this.#file },
        "the list of requested channels cannot be read: none is resumed now",
      );
      return [];
    }
  }

  /** A request put it on air. */
  started(channel: RequestedChannel): void {
    this.#spokenOf?.add(channel.channel);
    this.#channels.set(channel.channel, channel);
    this.#save();
  }

  /** It is to stay off air: a request said so, or the configuration names it no more. */
  stopped(id: number): void {
    this.#spokenOf?.add(id);
    if (this.#channels.delete(id) || this.#spokenOf !== undefined) this.#save();
  }

  /** Writes what is still to be written. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#freshening?.[Symbol.dispose]();
    await this.#writing;
  }

  #freshen(): void {
    this.#freshening = this.#options.timer.after(dayNs, () => {
      if (this.#channels.size > 0) this.#save();
      this.#freshen();
    });
  }

  /** In the background, one write at a time; of changes that come meanwhile the last is written. */
  #save(): void {
    this.#isStale = true;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await this.#write();
      } catch (thrown) {
        this.#options.log.error(
          { err: thrown },
          "requested channels are not saved: a restart would not resume them",
        );
      }
    }
  }

  /** Takes over what the file says, once. Rejects where it cannot be read, and then may be tried again. */
  #recall(): Promise<readonly RequestedChannel[]> {
    this.#recalling ??= this.#read().then(
      (kept) => {
        const recalled = kept.filter(({ channel }) => this.#spokenOf?.has(channel) !== true);
        for (const one of recalled) this.#channels.set(one.channel, one);
        this.#spokenOf = undefined;
        return recalled;
      },
      (thrown: unknown) => {
        this.#recalling = undefined;
        throw thrown;
      },
    );
    return this.#recalling;
  }

  async #read(): Promise<readonly RequestedChannel[]> {
    const { log, utc, keepDays } = this.#options;
    let text: string;
    try {
      const { mtimeMs } = await stat(this.#file);
      if (Number(utc() / 1_000_000n) - mtimeMs > keepDays * 86_400_000) return [];
      text = await readFile(this.#file, "utf8");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw thrown;
    }
    try {
      return fileShape.parse(JSON.parse(text)).channels;
    } catch (thrown) {
      log.error({ err: thrown, file: this.#file }, "the list of requested channels is not understood");
      await rename(this.#file, `${this.#file}.bad`).catch(() => {});
      return [];
    }
  }

  async #write(): Promise<void> {
    await this.#recall();
    await mkdir(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.new`;
    {
      await using written = await open(draft, "w", 0o640);
      await written.writeFile(JSON.stringify({ version: 1, channels: [...this.#channels.values()] }));
      // Without it a power cut could leave the new name with no content.
      await written.sync();
    }
    await rename(draft, this.#file);
  }
}
