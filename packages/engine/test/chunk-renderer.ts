import {
  definePlugin,
  type Nanoseconds,
  PlayoutError,
  pluginContract,
  type Renderer,
  type RendererCounters,
  type RendererFactory,
  type StreamTap,
} from "@retrovue/core";

/** Ticks from one random access point to the next. */
const groupTicks = 5;

/** What the plugin may be told, to be seen failing. */
interface Options {
  /** Ends with an error after so many ticks. */
  readonly failAfterTicks?: number;
  /** Bytes of a tick; whole packets. Default one packet. */
  readonly chunkBytes?: number;
}

/** A renderer without an encoder: a tick's chunk is packets that carry its number and whether it begins a group. */
class ChunkRenderer implements Renderer {
  readonly #options: Options;
  readonly #taps = new Set<StreamTap>();
  readonly #stop = new AbortController();
  readonly #finished = Promise.withResolvers<void>();
  readonly finished = this.#finished.promise;
  #encoded = 0;
  #bytes = 0;

  constructor(options: Options) {
    this.#options = options;
    this.finished.catch(() => {});
  }

  start(...[source, clock]: Parameters<Renderer["start"]>): void {
    const { signal } = this.#stop;
    const { failAfterTicks = Number.POSITIVE_INFINITY, chunkBytes = 188 } = this.#options;
    const work = async () => {
      await using reader = await source.openReader(signal);
      while (this.#encoded < failAfterTicks) {
        const lease = await reader.next(signal);
        if (lease.overrun) continue;
        const { tick, time } = lease;
        lease.release();
        await clock.sleepUntil(time as Nanoseconds, signal);
        const bytes = new Uint8Array(chunkBytes);
        for (let at = 0; at < chunkBytes; at += 188) {
          bytes[at] = 0x47;
          new DataView(bytes.buffer).setFloat64(at + 4, tick);
        }
        const randomAccess = tick % groupTicks === 0;
        bytes[1] = randomAccess ? 1 : 0;
        this.#encoded += 1;
        this.#bytes += chunkBytes;
        for (const tap of this.#taps) tap.write({ bytes, randomAccess, tick });
      }
      throw new PlayoutError("Internal", "It was told to fail.");
    };
    work().catch((thrown: unknown) => {
      if (signal.aborted) this.#finished.resolve();
      else this.#finished.reject(thrown);
    });
  }

  tap(tap: StreamTap): Disposable {
    this.#taps.add(tap);
    return { [Symbol.dispose]: () => void this.#taps.delete(tap) };
  }

  counters(): RendererCounters {
    return {
      encodedFrames: this.#encoded,
      missedTicks: 0,
      lateTicks: 0,
      tornTicks: 0,
      bytes: this.#bytes,
      droppedChunks: 0,
      opens: 1,
      encodeLatency: { buckets: [this.#encoded], sumNs: this.#encoded * 500_000 },
      frameGapNs: 2_000_000,
    };
  }

  snapshot(): Promise<Uint8Array> {
    return Promise.resolve(Uint8Array.of(0xff, 0xd8, this.#encoded & 0xff, 0xff, 0xd9));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new PlayoutError("Closed", "The renderer was disposed."));
    await this.finished.catch(() => {});
  }
}

export default definePlugin({
  name: "chunk-renderer",
  contract: pluginContract,
  provides: {
    renderer: {
      options: { parse: (value): Options => value as Options },
      create: (options: Options): RendererFactory => ({
        open: () => Promise.resolve(new ChunkRenderer(options)),
      }),
    },
  },
});
