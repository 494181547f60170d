import type {
  Clock,
  ClockHealth,
  ClockMapping,
  Decoder,
  DecoderFactory,
  FrameWriter,
  Nanoseconds,
} from "@retrovue/core";

/** A door in front of everything that a worker waits for: shut, the worker is as good as stopped by SIGSTOP. */
export class Gate {
  #shut: PromiseWithResolvers<void> | undefined;

  get isShut(): boolean {
    return this.#shut !== undefined;
  }

  shut(): void {
    this.#shut ??= Promise.withResolvers<void>();
  }

  open(): void {
    const shut = this.#shut;
    this.#shut = undefined;
    shut?.resolve();
  }

  /** Settles like `work`, but not while the gate is shut. */
  pass<T>(work: Promise<T>): Promise<T> {
    return work.then(
      (value) => (this.#shut === undefined ? value : this.#opened().then(() => value)),
      async (thrown: unknown) => {
        await this.#opened();
        throw thrown;
      },
    );
  }

  async #opened(): Promise<void> {
    while (this.#shut !== undefined) await this.#shut.promise;
  }
}

/** The engine's clock as a worker behind a gate has it: time is the same, waking up is not. */
export class GatedClock implements Clock {
  constructor(
    private readonly inner: Clock,
    private readonly gate: Gate,
  ) {}

  now(): Nanoseconds {
    return this.inner.now();
  }

  sleepUntil(at: Nanoseconds, signal: AbortSignal): Promise<void> {
    return this.gate.pass(this.inner.sleepUntil(at, signal));
  }

  mapping(): ClockMapping {
    return this.inner.mapping();
  }

  onMapping(listener: (mapping: ClockMapping) => void): Disposable {
    return this.inner.onMapping(listener);
  }

  health(): ClockHealth {
    return this.inner.health();
  }
}

/** Decoders whose answers wait at the gate. */
export const gatedFactory = (inner: DecoderFactory, gate: Gate): DecoderFactory => ({
  probe: (asset, signal) => gate.pass(inner.probe(asset, signal)),
  open: async (asset, options, signal) =>
    gatedDecoder(await gate.pass(inner.open(asset, options, signal)), gate),
});

const gatedDecoder = (inner: Decoder, gate: Gate): Decoder => ({
  info: inner.info,
  seek: (to, signal) => gate.pass(inner.seek(to, signal)),
  readPicture: (notBefore, options, signal) => gate.pass(inner.readPicture(notBefore, options, signal)),
  readSound: (samples, signal) => gate.pass(inner.readSound(samples, signal)),
  [Symbol.asyncDispose]: () => gate.pass(Promise.resolve(inner[Symbol.asyncDispose]())),
});

/** A lane whose loans wait at the gate. */
export const gatedWriter = (inner: FrameWriter, gate: Gate): FrameWriter => ({
  loan: (signal) => gate.pass(inner.loan(signal)),
  submit: (tick, picture, sound, meta) => inner.submit(tick, picture, sound, meta),
  onRefused: (listener) => inner.onRefused(listener),
  head: () => inner.head(),
  [Symbol.asyncDispose]: () => Promise.resolve(inner[Symbol.asyncDispose]()),
});
