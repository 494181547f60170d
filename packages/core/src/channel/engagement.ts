import { called, settlesWithin } from "../clock/time-limit.js";
import { type Choice, closeTimeoutNs } from "../decoder/choice.js";
import type { Unfinished } from "./picture-cursor.js";
import { Session, type SessionOptions, type SessionTools } from "./session.js";

/** What an engagement is made with. */
export interface EngagementOptions {
  readonly tools: SessionTools;
  /** The open decoder, owned from now on. */
  readonly choice: Choice;
  readonly onProgress: () => void;
  /** The decoder (or the conformer with its pictures) does not come to an end in time. */
  readonly onStuck: (decoderIndex: number) => void;
}

/** Where a session begins: see `SessionOptions`. */
export type Beginning = Pick<SessionOptions, "anchor" | "joinAt" | "snappedIn">;

/** An open decoder and the session that it is at work on; one session after another where it is sought ahead. */
export class Engagement {
  readonly #options: EngagementOptions;
  readonly #unfinished: Unfinished = { reads: new Set(), conforms: new Set() };
  #session: Session | undefined;
  #running: Promise<never> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: EngagementOptions) {
    this.#options = options;
  }

  get choice(): Choice {
    return this.#options.choice;
  }

  /** The session at work; undefined between two. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Sets the decoder to work from a tick on. Only while no session is. */
  begin(at: Beginning): Session {
    const { tools, choice, onProgress } = this.#options;
    const session = new Session(tools, { ...at, choice, unfinished: this.#unfinished, onProgress });
    this.#session = session;
    this.#running = session.run();
    // Whoever waits hears it all the same; before anyone does, as for an understudy, it must not end the process.
    this.#running.catch(() => {});
    return session;
  }

  /** Rejects with what ends the session at work. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Ends the session at work, if one is. */
  endSession(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.close();
  }

  /**
   * Ends the work and closes the decoder under a deadline: one that hangs in its own code must not keep the run from going on, nor a
   * conformer that hangs on its pictures. Idempotent.
   */
  close(): Promise<void> {
    this.endSession();
    this.#closed ??= this.#dispose();
    return this.#closed;
  }

  async #dispose(): Promise<void> {
    const { choice, tools, onStuck } = this.#options;
    const { reads, conforms } = this.#unfinished;
    const all = Promise.allSettled([
      called(() => Promise.resolve(choice.decoder[Symbol.asyncDispose]())),
      ...conforms,
    ]);
    if (!(await settlesWithin(all, closeTimeoutNs, tools.clock))) {
      onStuck(choice.index);
      return;
    }
    // A decoder that is gone stores nothing any more, whatever has become of its reads.
    for (const buffer of reads) buffer.release();
    reads.clear();
  }
}
