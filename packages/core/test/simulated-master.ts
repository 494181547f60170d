import type { DisciplinedClock } from "../src/clock/disciplined-clock.js";
import type { Exchange, ExchangeVerdict } from "../src/clock/exchange.js";
import { type Nanoseconds, nanoseconds } from "../src/time/units.js";
import type { VirtualHost } from "./virtual-host.js";

/** A scheduler's clock, seen over a network that delays each way by 0.2 ms and an exponential 3 ms more. */
export class SimulatedMaster {
  readonly #host: VirtualHost;
  readonly #origin: bigint;
  readonly #driftPpb: bigint;
  #base: bigint;
  #random: number;

  constructor(host: VirtualHost, options: { ahead: bigint; driftPpm: number; seed: number }) {
    this.#host = host;
    this.#origin = host.monotonic();
    this.#base = host.utc() + options.ahead;
    this.#driftPpb = BigInt(options.driftPpm * 1_000);
    this.#random = options.seed * 2_654_435_761 + 12_345;
  }

  /** The master's time at an instant of the host's monotonic clock. */
  at(mono: bigint): Nanoseconds {
    const passed = mono - this.#origin;
    return nanoseconds(this.#base + passed + (passed * this.#driftPpb) / 1_000_000_000n);
  }

  now(): Nanoseconds {
    return this.at(this.#host.monotonic());
  }

  step(by: bigint): void {
    this.#base += by;
  }

  /** One exchange, begun now; the host's time passes meanwhile. */
  exchange(): Exchange {
    const masterSent = this.now();
    this.#host.runQuietly(this.#delay());
    const received = this.#host.monotonic();
    this.#host.runQuietly(30_000n);
    const sent = this.#host.monotonic();
    this.#host.runQuietly(this.#delay());
    return { masterSent, received, sent, masterReceived: this.now() };
  }

  exchangeWith(clock: DisciplinedClock): ExchangeVerdict {
    return clock.exchange(this.exchange());
  }

  #delay(): bigint {
    return BigInt(Math.round(200_000 - Math.log(1 - this.#next()) * 3_000_000));
  }

  /** mulberry32: small, seeded, good enough to scatter delays. */
  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
