import type { Tick } from "../time/units.js";
import type { SourceFailure } from "./source.js";

/** How far the preparation of a segment has come. `failed` ones are tried again. */
export type PreparationState = "preparing" | "primed" | "failed";

/** How far the preparation of a segment has come: told at each change, until it airs. */
export interface PreparationTold {
  readonly type: "preparation";
  readonly segmentId: string;
  /** Its first tick; undefined for a preview, which has none yet. */
  readonly first: Tick | undefined;
  readonly state: PreparationState;
  /** Why it failed. */
  readonly failure: SourceFailure | undefined;
}

/** Follows how far one source is, and tells each change once. */
export class Preparation {
  readonly #segmentId: string;
  readonly #tell: (told: PreparationTold) => void;
  #first: Tick | undefined;
  #state: PreparationState = "preparing";
  #failure: SourceFailure | undefined;

  constructor(segmentId: string, first: Tick | undefined, tell: (told: PreparationTold) => void) {
    this.#segmentId = segmentId;
    this.#first = first;
    this.#tell = tell;
    this.#say();
  }

  /** True while its tick is not known. */
  get isShadow(): boolean {
    return this.#first === undefined;
  }

  /** Its tick is known now. */
  placed(first: Tick): void {
    this.#first = first;
    this.#say();
  }

  /** There may be something new. */
  look(source: { readonly primed: boolean }): void {
    if (this.#state !== "primed" && source.primed) this.#become("primed", undefined);
  }

  /** It failed, and nothing is left to be tried at once. */
  failed(failure: SourceFailure): void {
    if (failure.retry !== undefined && this.#state !== "failed") this.#become("failed", failure);
  }

  #become(state: PreparationState, failure: SourceFailure | undefined): void {
    this.#state = state;
    this.#failure = failure;
    this.#say();
  }

  #say(): void {
    this.#tell({
      type: "preparation",
      segmentId: this.#segmentId,
      first: this.#first,
      state: this.#state,
      failure: this.#failure,
    });
  }
}
