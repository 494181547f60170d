import { create } from "@bufbuild/protobuf";
import {
  type Clock,
  type ClockHealth,
  type Nanoseconds,
  nanosecondsFromMs,
  type Timer,
} from "@retrovue/core";
import { ClockHealthChangedSchema, clockStates, clockStatusToWire } from "@retrovue/protocol";
import type { EventLog } from "./events/event-log.js";

/** Holdover begins without a call, so it is looked for: about each whole second of house time, when other things are done as well. */
const lookEveryNs = nanosecondsFromMs(1_000);

/** Tells when the clock's health changes: its state, its alarm, or a step. */
export class ClockWatch implements Disposable {
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #timer: Timer;
  #last: ClockHealth;
  #waiting: Disposable | undefined;
  #isOver = false;

  constructor(deps: { readonly clock: Clock; readonly events: EventLog; readonly timer: Timer }) {
    this.#clock = deps.clock;
    this.#events = deps.events;
    this.#timer = deps.timer;
    this.#last = this.#clock.health();
    this.#again();
  }

  /** Looks now. @param stepNs by how much house time was just stepped forward */
  look(stepNs = 0n): void {
    const now = this.#clock.health();
    const { state, alarm } = this.#last;
    this.#last = now;
    if (now.state === state && now.alarm === alarm && stepNs === 0n) return;
    this.#events.append({
      channelId: 0,
      body: {
        case: "clockHealthChanged",
        value: create(ClockHealthChangedSchema, {
          from: clockStates.toWire(state),
          clock: clockStatusToWire(now),
          stepNs,
        }),
      },
    });
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#waiting?.[Symbol.dispose]();
  }

  #again(): void {
    if (this.#isOver) return;
    const restNs = lookEveryNs - (this.#clock.now() % lookEveryNs);
    // A clock that stands still says so each time; and one that is there almost needs no look at once.
    const delayNs = restNs < lookEveryNs / 2n ? restNs + lookEveryNs : restNs;
    this.#waiting = this.#timer.after(delayNs as Nanoseconds, () => {
      this.look();
      this.#again();
    });
  }
}
