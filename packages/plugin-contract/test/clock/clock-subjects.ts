import {
  type ClockMapping,
  DisciplinedClock,
  FollowerClock,
  type HostTime,
  houseAt,
  ManualClock,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  SystemClock,
  type Timer,
} from "@retrovue/core";
import type { ClockSubject } from "../../src/clock/clock-subject.js";

const start = nanoseconds(1_800_000_000_123_456_789n);
const ms = nanosecondsFromMs;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A host whose time passes when told; timers fire on the way. */
class PassingHost implements HostTime {
  readonly #timers = new Set<{ readonly due: bigint; readonly wake: () => void }>();
  #mono = 1_000_000_000_000n;
  #utcAhead = start - 1_000_000_000_000n;

  readonly timer: Timer = {
    after: (delay, wake) => {
      const entry = { due: this.#mono + delay, wake };
      this.#timers.add(entry);
      return { [Symbol.dispose]: () => void this.#timers.delete(entry) };
    },
  };

  monotonic = (): Nanoseconds => nanoseconds(this.#mono);
  utc = (): Nanoseconds => nanoseconds(this.#mono + this.#utcAhead);

  stepUtc(by: bigint): void {
    this.#utcAhead += by;
  }

  async pass(length: bigint): Promise<void> {
    const end = this.#mono + length;
    for (;;) {
      const due = [...this.#timers].filter((it) => it.due <= end);
      const next = due.sort((a, b) => (a.due < b.due ? -1 : 1))[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      if (next.due > this.#mono) this.#mono = next.due;
      next.wake();
      await turn();
    }
    this.#mono = end;
    await turn();
  }
}

/** House time runs up to 500 ppm slower than the host's: a little more makes sure of the length asked for. */
const hostLength = (length: Nanoseconds): bigint => length + length / 1_000n + 1n;

function onHost(host: PassingHost, clock: ClockSubject["clock"], adjust: () => Promise<void>): ClockSubject {
  return {
    clock,
    pass: (length) => host.pass(hostLength(length)),
    monotonic: host.monotonic,
    adjust,
    [Symbol.asyncDispose]: async () => clock[Symbol.dispose]?.(),
  };
}

export async function manualSubject(): Promise<ClockSubject> {
  const clock = new ManualClock(start);
  return {
    clock,
    pass: (length) => clock.advanceBy(length),
    monotonic: () => clock.mapping().monoAnchor,
    adjust: () => clock.advanceBy(ms(1)),
    [Symbol.asyncDispose]: async () => clock[Symbol.dispose](),
  };
}

/** Before first air: steps forward when UTC does. */
export async function systemSubject(): Promise<ClockSubject> {
  const host = new PassingHost();
  return onHost(host, new SystemClock(host), async () => {
    host.stepUtc(20_000_000n);
    await host.pass(1_000_000_000n);
  });
}

/** On air: slews, to and fro. */
export async function airedSystemSubject(): Promise<ClockSubject> {
  const host = new PassingHost();
  const clock = new SystemClock(host);
  clock.markAired();
  let step = -5_000_000n;
  return onHost(host, clock, async () => {
    host.stepUtc(step);
    step = step < 0n ? 10_000_000n : -10_000_000n;
    await host.pass(1_000_000_000n);
  });
}

/** Led by a master that wanders. */
export async function disciplinedSubject(): Promise<ClockSubject> {
  const host = new PassingHost();
  const clock = new DisciplinedClock(host);
  clock.markAired();
  let ahead = 0n;
  return onHost(host, clock, async () => {
    ahead += ahead <= 0n ? 15_000_000n : -30_000_000n;
    for (let n = 0; n < 8; n++) {
      const mono = host.monotonic();
      const asked = nanoseconds(start + mono - 1_000_000_000_000n + ahead);
      clock.exchange({
        masterSent: asked,
        received: nanoseconds(mono + 50_000n),
        sent: nanoseconds(mono + 60_000n),
        masterReceived: nanoseconds(asked + 110_000n),
      });
      await host.pass(1_000_000n);
    }
  });
}

/** In a worker: takes mappings over as the engine sends them. */
export async function followerSubject(): Promise<ClockSubject> {
  const host = new PassingHost();
  const mapping = (sequence: number, houseAnchor: bigint, ratePpb: number): ClockMapping => ({
    sequence,
    monoAnchor: host.monotonic(),
    houseAnchor: nanoseconds(houseAnchor),
    ratePpb,
  });
  const clock = new FollowerClock(host, mapping(1, start, 0));
  return onHost(host, clock, async () => {
    const { sequence } = clock.mapping();
    const now = houseAt(clock.mapping(), host.monotonic());
    // Every third mapping lies behind what was told already.
    const back = sequence % 3 === 0 ? 2_000_000n : 0n;
    clock.follow(mapping(sequence + 1, now - back, sequence % 2 === 0 ? 500_000 : -500_000));
    await turn();
  });
}
