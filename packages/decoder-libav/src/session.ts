import type { FileHandle } from "node:fs/promises";
import { type PictureSupply, PlayoutError } from "@retrovue/core";
import { LoanedBuffers } from "./loaned-buffers.js";
import type { NativeInfo, NativeModule, NativeOptions, NativeSession } from "./native.js";
import { native, throwIfAborted } from "./native-errors.js";

/** What opening gives. */
export interface OpenSession {
  readonly session: Session;
  readonly info: NativeInfo;
  /** What it decodes into; undefined without a supply. */
  readonly buffers: LoanedBuffers | undefined;
}

/** Signals that are listened to; a caller has one for all its reads, and seeks have one each. */
const heardMax = 8;

/** One who asks again at the next change, or when one of the signals aborts. */
interface Waiter {
  readonly signals: readonly AbortSignal[];
  readonly wake: () => void;
}

/**
 * A native session with promises. It is asked at once and answers at once; where it has nothing yet it is asked again
 * when it says that something has changed. What a caller no longer waits for is simply not taken, so nothing is lost.
 */
export class Session {
  readonly #native: NativeSession;
  readonly #uri: string;
  readonly #waiting = new Set<Waiter>();
  /** Listened to once each, for as long as they are used: a listener for every wait costs more than the read does. */
  readonly #heard = new Set<AbortSignal>();
  #closing: Promise<void> | undefined;

  /** @param module whose session it is: each decoder has an addon of its own */
  constructor(module: Pick<NativeModule, "Session">, options: NativeOptions) {
    this.#uri = options.uri;
    const { Session: Native } = module;
    this.#native = native(options.uri, () => new Native(options, this.#onChange));
  }

  /**
   * Opens the asset behind the descriptor and waits for what is known of it. `options.buffers` is the supply's layout. Rejects when
   * nothing of it is left.
   */
  static async open(
    module: Pick<NativeModule, "Session">,
    file: Pick<FileHandle, "fd">,
    options: Omit<NativeOptions, "fd">,
    supply: PictureSupply | undefined,
    signal: AbortSignal,
  ): Promise<OpenSession> {
    const session = new Session(module, { ...options, fd: file.fd });
    // Before anything is known of the asset: its first pictures are decoded while it opens.
    const buffers = supply && options.buffers && new LoanedBuffers(session.direct, supply);
    try {
      const info = await session.ask((it) => it.info(), [signal]);
      return { session, info, buffers };
    } catch (thrown) {
      buffers?.stop();
      await session.close();
      buffers?.tend();
      throw thrown;
    }
  }

  /** The native session, for what never waits. */
  get direct(): NativeSession {
    return this.#native;
  }

  /** Asks until there is an answer, a signal aborts, or the session is closed. */
  async ask<T>(
    question: (session: NativeSession) => T | undefined,
    signals: readonly AbortSignal[],
  ): Promise<T> {
    for (;;) {
      if (this.#closing !== undefined) throw closed();
      for (const signal of signals) throwIfAborted(signal);
      const answer = native(this.#uri, () => question(this.#native));
      if (answer !== undefined) return answer;
      await this.#change(signals);
    }
  }

  /** Resolves when all threads have ended and the file is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#native.close();
    // Readers that wait are told, and find it closed.
    this.#onChange();
    for (const signal of this.#heard) this.#forget(signal);
    while (!this.#native.closed()) await this.#change([]);
  }

  readonly #onChange = (): void => {
    for (const { wake } of [...this.#waiting]) wake();
  };

  #listen(signals: readonly AbortSignal[]): void {
    for (const signal of signals) {
      if (this.#heard.has(signal)) continue;
      if (this.#heard.size >= heardMax) this.#forgetUnused();
      this.#heard.add(signal);
      signal.addEventListener("abort", this.#onChange, { once: true });
    }
  }

  #forgetUnused(): void {
    const used = new Set([...this.#waiting].flatMap(({ signals }) => signals));
    for (const signal of this.#heard) if (!used.has(signal)) this.#forget(signal);
  }

  #forget(signal: AbortSignal): void {
    this.#heard.delete(signal);
    signal.removeEventListener("abort", this.#onChange);
  }

  #change(signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        signals,
        wake: () => {
          this.#waiting.delete(waiter);
          this.#native.keepAlive(this.#waiting.size > 0);
          resolve();
        },
      };
      this.#waiting.add(waiter);
      this.#native.keepAlive(true);
      this.#listen(signals);
    });
  }
}

/** Thrown by every call after disposal. */
export const closed = (): PlayoutError =>
  new PlayoutError("Closed", "The decoder was disposed; open the asset again.");
