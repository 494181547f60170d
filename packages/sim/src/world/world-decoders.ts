import {
  type Clock,
  type DecoderFactory,
  type NamedDecoder,
  type Nanoseconds,
  nanosecondsFromMs,
} from "@retrovue/core";
import {
  type FaultScript,
  FaultyDecoderFactory,
  PatternDecoderFactory,
  type PatternLedger,
} from "@retrovue/core/testing";
import type { Actor } from "./cast.js";

/** A passing fault is over for so long after it was met; then it comes again. */
const passingNs = nanosecondsFromMs(10_000);

/** What the decoders of a world tell. */
export interface WorldDecodersOptions {
  readonly clock: Clock;
  readonly actors: readonly Actor[];
  /** An asset's fault was met. */
  readonly onFault: (actor: Actor) => void;
  /** The first decoder is asked to open an asset. */
  readonly onOpen: (uri: string) => void;
  /** A decoder takes its process with it, having been opened at this time. */
  readonly onCrash: (uri: string, openedAt: Nanoseconds) => void;
}

/** The decoders of one worker, and what they have open. */
export interface DecodersOfWorker {
  readonly named: readonly NamedDecoder[];
  /** One ledger for each, in their order. */
  ledgers(): readonly PatternLedger[];
}

/**
 * The decoders as configured: the first plays everything, well or badly; the second some of it, and well. What is wrong with an
 * asset outlives the worker that met it.
 */
export class WorldDecoders {
  readonly #options: WorldDecodersOptions;
  readonly #actors: ReadonlyMap<string, Actor>;
  readonly #metAt = new Map<string, Nanoseconds>();
  readonly #scripts = new Map<string, FaultScript>();

  constructor(options: WorldDecodersOptions) {
    this.#options = options;
    this.#actors = new Map(options.actors.map((actor) => [actor.uri, actor]));
  }

  /** Makes the decoders of one worker. `crash` ends it, and tells whether it was alive. */
  forWorker(clock: Clock, crash: (uri: string) => boolean): DecodersOfWorker {
    const { actors, onCrash, onOpen } = this.#options;
    const openedAt = new Map<string, Nanoseconds>();
    const patterns = new PatternDecoderFactory(actors.map((actor) => actor.pattern));
    const faulty = new FaultyDecoderFactory({
      inner: patterns,
      clock,
      script: (uri) => this.#scripts.get(uri),
      onCrash: (uri) => {
        // What crashes in a process that is gone already hurts nobody.
        if (crash(uri)) onCrash(uri, openedAt.get(uri) ?? clock.now());
      },
    });
    const main: DecoderFactory = {
      probe: (asset, signal) => {
        this.#prepare(asset.uri, clock.now());
        return faulty.probe(asset, signal);
      },
      open: (asset, open, signal) => {
        onOpen(asset.uri);
        // The first is what counts: whoever opened before the bar may crash after it.
        if (!openedAt.has(asset.uri)) openedAt.set(asset.uri, clock.now());
        this.#prepare(asset.uri, clock.now());
        return faulty.open(asset, open, signal);
      },
    };
    const played = actors.filter((actor) => actor.hasFallback);
    const fallback = new PatternDecoderFactory(played.map((actor) => actor.pattern));
    return {
      named: [
        { name: "main", factory: main },
        { name: "fallback", factory: declining(fallback, new Set(played.map((actor) => actor.uri))) },
      ],
      ledgers: () => [patterns.ledger(), fallback.ledger()],
    };
  }

  /** Decides what is wrong with an asset this time: a passing fault spares who comes soon after it was met. */
  #prepare(uri: string, now: Nanoseconds): void {
    const actor = this.#actors.get(uri);
    if (actor?.script === undefined) return;
    const metAt = this.#metAt.get(uri);
    const isOver = actor.isTransient && metAt !== undefined && now - metAt < passingNs;
    if (isOver) this.#scripts.delete(uri);
    else
      this.#scripts.set(
        uri,
        telling(actor.script, () => this.#met(actor)),
      );
  }

  #met(actor: Actor): void {
    this.#metAt.set(actor.uri, this.#options.clock.now());
    this.#options.onFault(actor);
  }
}

/** A script that tells when it is met: at its first move, or at once where its lies need no call. */
function telling(script: FaultScript, onMet: () => void): FaultScript {
  let isMet = false;
  const meet = () => {
    if (!isMet) onMet();
    isMet = true;
  };
  if (script.calls === undefined) meet();
  const calls = script.calls?.map(({ on, from, times, move }) => ({
    on,
    ...(from !== undefined && { from }),
    ...(times !== undefined && { times }),
    // Looked at by the one call that is hit.
    get move() {
      meet();
      return move;
    },
  }));
  return { ...script, ...(calls && { calls }) };
}

/** A decoder that plays only what it is for, and says so when probed. */
function declining(inner: PatternDecoderFactory, uris: ReadonlySet<string>): DecoderFactory {
  return {
    probe: async (asset) =>
      uris.has(asset.uri)
        ? { score: 40, reason: "It plays this, if need be." }
        : { score: 0, reason: "It does not play this." },
    open: inner.open.bind(inner),
  };
}
