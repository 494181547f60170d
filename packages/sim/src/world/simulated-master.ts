import type { Exchange, Nanoseconds } from "@retrovue/core";
import type { VirtualHost } from "../host/virtual-host.js";
import type { Random } from "../random.js";

/** Least and most that a message takes one way, microseconds; most of them are quick. */
const delayUsMin = 150;
const delayUsMax = 12_000;

/** How long the engine takes to answer. */
const answerNs = 30_000n;

/** A scheduler's clock: ahead of the host's, drifting, and seen over a network that delays, jitters and loses. */
export class SimulatedMaster {
  readonly #host: VirtualHost;
  readonly #random: Random;
  readonly #origin: bigint;
  readonly #driftPpb: bigint;
  #base: bigint;
  /** While true nothing comes through. */
  isSilent = false;

  constructor(host: VirtualHost, random: Random) {
    this.#host = host;
    this.#random = random;
    this.#origin = host.monotonic();
    // Crystals are within 100 ppm of each other; twice that is a bad one.
    this.#driftPpb = BigInt(random.int(-200_000, 200_000));
    this.#base = host.utc() + BigInt(random.int(-5_000, 900_000)) * 1_000n;
  }

  /** The master's time at an instant of the host's CLOCK_MONOTONIC. */
  at(mono: bigint): Nanoseconds {
    const passed = mono - this.#origin;
    return (this.#base + passed + (passed * this.#driftPpb) / 1_000_000_000n) as Nanoseconds;
  }

  /** Somebody sets it. */
  step(by: bigint): void {
    this.#base += by;
  }

  /** Asks for the time once; `answered` hears it when the answer is back, or never. */
  ask(answered: (exchange: Exchange) => void): void {
    const { timer } = this.#host;
    const asked = this.#host.monotonic();
    const received = asked + this.#delay();
    const sent = received + answerNs;
    const back = sent + this.#delay();
    // Drawn in any case, so that silence changes nothing else.
    const isLost = this.#random.chance(8);
    const masterSent = this.at(asked);
    timer.after((back - asked) as Nanoseconds, () => {
      if (this.isSilent || isLost) return;
      answered({
        masterSent,
        received: received as Nanoseconds,
        sent: sent as Nanoseconds,
        masterReceived: this.at(back),
      });
    });
  }

  #delay(): bigint {
    const random = this.#random;
    const us = random.chance(80)
      ? random.int(delayUsMin, delayUsMin * 4)
      : random.int(delayUsMin * 4, delayUsMax);
    return BigInt(us) * 1_000n;
  }
}
