import {
  type Clock,
  type FrameReader,
  type Nanoseconds,
  PlayoutError,
  type RenderSource,
} from "@retrovue/core";

/** A reader that nobody wanted for so long is closed. Pages ask for a still each second or two while somebody looks. */
const idleNs = 10_000_000_000n;

/** The bus reader that stills are taken by: opened for the first, kept while more follow, replaced where its bus was. */
export class SnapshotReader implements AsyncDisposable {
  readonly #source: RenderSource;
  readonly #clock: Clock;
  #reader: FrameReader | undefined;
  #idle = new AbortController();
  /** One use after another: a reader does one thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: RenderSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Lends the reader for `work`; opens one where there is none, and another one where `work` finds a kept one's bus gone
   * (`BusStale`). Rejects as `openReader` does, and with what `work` rejects with.
   */
  use<T>(signal: AbortSignal, work: (reader: FrameReader, isKept: boolean) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#work(signal, work));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#idle.abort();
    await this.#turn;
    await this.#close();
  }

  async #work<T>(
    signal: AbortSignal,
    work: (reader: FrameReader, isKept: boolean) => Promise<T>,
  ): Promise<T> {
    this.#idle.abort();
    try {
      if (this.#reader !== undefined) {
        try {
          return await work(this.#reader, true);
        } catch (thrown) {
          if (PlayoutError.from(thrown).code !== "BusStale") throw thrown;
          await this.#close();
        }
      }
      this.#reader = await this.#source.openReader(signal);
      return await work(this.#reader, false);
    } catch (thrown) {
      // After an error a reader may be of no use any more.
      await this.#close();
      throw thrown;
    } finally {
      this.#closeWhenIdle();
    }
  }

  #closeWhenIdle(): void {
    this.#idle = new AbortController();
    const { signal } = this.#idle;
    this.#clock.sleepUntil((this.#clock.now() + idleNs) as Nanoseconds, signal).then(
      () => {
        this.#turn = this.#turn.then(() => (signal.aborted ? undefined : this.#close()));
      },
      () => {},
    );
  }

  async #close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.[Symbol.asyncDispose]();
  }
}
