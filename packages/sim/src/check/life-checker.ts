import {
  type ChannelState,
  channelTransitions,
  type Nanoseconds,
  type SupervisorEvent,
  type Tick,
  type Worker,
  type WorkerExit,
  type WorkerHost,
} from "@retrovue/core";
import type { Facts } from "../world/facts.js";
import type { RuleName } from "./rules.js";
import { Violation } from "./violation.js";

/**
 * How long a worker that is stopped may live: a second, or two before its first tick, and the looks in which it is found; and up to
 * 1.5 s in which the whole host may stand still, which are not counted against it.
 */
const frozenNsMax = { atWork: 2_800_000_000n, before: 3_800_000_000n } as const;

/** A pair that only hung may be tried again after this long. */
const hungBarNs = 600_000_000_000n;

/** A worker that lived this long was of use. */
const usefulNs = 2_000_000_000n;

/** Deaths in a row, nobody to blame, that are answered at once. */
const blamelessMax = 3;

/** What a life checker looks with. */
export interface LifeCheckerOptions {
  readonly facts: Facts;
  readonly now: () => Nanoseconds;
  /** The last tick on the bus. */
  readonly head: () => Tick;
  readonly onViolation: (violation: Violation) => void;
}

/** Watches workers and states: who dies is replaced at once, no asset kills twice, no state is entered against the table. */
export class LifeChecker {
  readonly #options: LifeCheckerOptions;
  readonly #stuck = new Map<string, Nanoseconds>();
  #state: ChannelState = "stopped";
  #diedAt: Nanoseconds | undefined;
  #bornAt = 0n as Nanoseconds;
  #isDelayed = false;
  #hasBegun = false;
  #shortLives = 0;
  #frozen:
    | { readonly since: Nanoseconds; readonly lengthNsMax: bigint; readonly isGone: () => boolean }
    | undefined;

  constructor(options: LifeCheckerOptions) {
    this.#options = options;
  }

  /** Workers as they are, with every birth and death noted. */
  watch(host: WorkerHost): WorkerHost {
    return {
      spawn: (order, listener): Worker => {
        this.#born();
        return host.spawn(order, {
          onEvent: (event) => listener.onEvent(event),
          onAlive: (isOpen) => listener.onAlive(isOpen),
          onExit: (exit) => {
            this.#died(exit);
            listener.onExit(exit);
          },
        });
      },
    };
  }

  /** An asset took the process with it, having been opened at `openedAt`. Another channel may have had it open already. */
  crashed(uri: string, openedAt: Nanoseconds): void {
    const { facts, now } = this.#options;
    const since = facts.barredSince(uri);
    if (since !== undefined && openedAt > since)
      this.#broken("worker/hostile-asset-kills-once", `${uri} killed another worker.`);
    facts.bar(uri, now());
  }

  /** A worker was stopped in its tracks; `isGone` tells when it was given up or goes on. */
  froze(isGone: () => boolean): void {
    const lengthNsMax = this.#hasBegun ? frozenNsMax.atWork : frozenNsMax.before;
    this.#frozen = { since: this.#options.now(), lengthNsMax, isGone };
  }

  /** True once the worker that lives has handed over a tick: before that one that is stopped is given longer. */
  get hasWorkerBegun(): boolean {
    return this.#hasBegun;
  }

  hear(event: SupervisorEvent): void {
    const now = this.#options.now();
    if (event.type === "worker-began") this.#hasBegun = true;
    if (event.type === "state") {
      const isLegal = Object.values(channelTransitions[event.from]).includes(event.to);
      if (event.from !== this.#state || !isLegal) {
        this.#broken("channel/legal-states", `From ${this.#state} it went ${event.from} -> ${event.to}.`);
      }
      this.#state = event.to;
    } else if (event.type === "worker-delayed") {
      this.#isDelayed = true;
      if (this.#shortLives <= blamelessMax) {
        this.#broken("worker/replaced-at-once", `It waits after ${this.#shortLives} short lives.`);
      }
    } else if (event.type === "decoder-stuck") {
      const before = this.#stuck.get(event.uri);
      if (before !== undefined && now - before < hungBarNs) {
        this.#broken("worker/hostile-asset-kills-once", `${event.uri} blocked another worker.`);
      }
      this.#stuck.set(event.uri, now);
    }
  }

  /** Looks now and then whether what should have happened did. */
  look(): void {
    const now = this.#options.now();
    if (this.#diedAt !== undefined && now > this.#diedAt && !this.#isDelayed) {
      this.#broken("worker/replaced-at-once", "A worker died and none took its place.");
    }
    const frozen = this.#frozen;
    if (frozen === undefined) return;
    if (frozen.isGone()) this.#frozen = undefined;
    else if (now - frozen.since > frozen.lengthNsMax) {
      this.#broken(
        "worker/frozen-is-replaced",
        `A worker that does nothing has lived for ${(now - frozen.since) / 1_000_000n} ms.`,
      );
    }
  }

  #born(): void {
    this.#bornAt = this.#options.now();
    this.#diedAt = undefined;
    this.#hasBegun = false;
    this.#isDelayed = false;
  }

  #died(exit: WorkerExit): void {
    const now = this.#options.now();
    this.#diedAt = now;
    const wasOfUse = this.#hasBegun && (exit.fromOutside === true || now - this.#bornAt >= usefulNs);
    const isOver = wasOfUse || exit.suspects.some(({ guilty }) => guilty);
    this.#shortLives = isOver ? 0 : this.#shortLives + 1;
  }

  #broken(rule: RuleName, what: string): void {
    this.#options.onViolation(new Violation(rule, this.#options.head(), what));
  }
}
