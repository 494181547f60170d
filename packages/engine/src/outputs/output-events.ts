import { type Nanoseconds, nanosecondsFromMs } from "@retrovue/core";

/** What happens to a channel's outputs and to the renderer behind them. */
export type OutputEvent =
  | {
      readonly type: "output-changed";
      /** Its name, as in metrics. */
      readonly output: string;
      readonly change: "connected" | "disconnected" | "dropped";
      readonly peer: string;
      /** Groups of pictures dropped since that was told last. */
      readonly dropped: number;
    }
  | {
      readonly type: "renderer-replaced";
      readonly cause: string;
      /** Of the processes; undefined for renderers that are none, and while there is none yet. */
      readonly pidFrom: number | undefined;
      readonly pidTo: number | undefined;
    };

/** What is told of one peer. */
export interface PeerEvents {
  dropped(groups: number): void;
  left(): void;
}

/** What an output's events are told by. */
export interface OutputEventsOptions {
  readonly output: string;
  readonly now: () => Nanoseconds;
  readonly tell: (event: OutputEvent) => void;
}

/** Drops of one peer are told this often at most. */
const dropsEveryNs = nanosecondsFromMs(10_000);

/** So many events of peers in so long: somebody who connects a thousand times a second must not push all others out of the log. */
const windowNs = nanosecondsFromMs(10_000);
const inWindowMax = 64;

/** Tells who takes an output's stream. Whoever was told to have come is told to have gone; of those beyond a bound nothing is told. */
export class OutputEvents {
  readonly #options: OutputEventsOptions;
  #windowFrom: Nanoseconds | undefined;
  #inWindow = 0;

  constructor(options: OutputEventsOptions) {
    this.#options = options;
  }

  /** A peer has come. */
  joined(peer: string): PeerEvents {
    const { output, now, tell } = this.#options;
    if (!this.#isAdmitted()) return untold;
    const say = (change: "connected" | "disconnected" | "dropped", dropped = 0) =>
      tell({ type: "output-changed", output, change, peer, dropped });
    let pending = 0;
    let toldAt: Nanoseconds | undefined;
    say("connected");
    return {
      dropped: (groups) => {
        pending += groups;
        if (toldAt !== undefined && now() - toldAt < dropsEveryNs) return;
        toldAt = now();
        say("dropped", pending);
        pending = 0;
      },
      left: () => {
        if (pending > 0) say("dropped", pending);
        say("disconnected");
      },
    };
  }

  #isAdmitted(): boolean {
    const now = this.#options.now();
    if (this.#windowFrom === undefined || now - this.#windowFrom >= windowNs) {
      this.#windowFrom = now;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    return this.#inWindow <= inWindowMax;
  }
}

const untold: PeerEvents = { dropped: () => {}, left: () => {} };
