import type { ErrorCode } from "../../errors/codes.js";
import type { PictureFormat } from "../../media/picture-format.js";
import type { Nanoseconds } from "../../time/units.js";

/** A call of the decoder ports that may be hit. */
export type FaultyCall = "probe" | "open" | "seek" | "picture" | "sound";

/** What a hit call does instead of its work, or before it. */
export type FaultMove =
  /** Waits so long by the clock, then does its work. */
  | { readonly kind: "late"; readonly byNs: Nanoseconds }
  /** Never answers, but obeys its signal and disposal, as a decoder on a dead mount should. */
  | { readonly kind: "stuck" }
  /** Never answers and hears no signal, as a thread that hangs in a library: only the end of the process helps. */
  | { readonly kind: "deaf" }
  /** Rejects. `DecodeFailed` and `MediaCorrupt` on a read end the decoder, as the port says. */
  | { readonly kind: "reject"; readonly code: ErrorCode }
  /** Takes the process with it: calls `onCrash`, then is deaf. */
  | { readonly kind: "crash" };

/** One fault: these calls make this move. */
export interface CallFault {
  readonly on: FaultyCall;
  /** First call hit, counted from 0 for each open decoder (probes and opens: for each asset). Default 0. */
  readonly from?: number;
  /** How many calls in a row. Default 1; `Infinity` for all that follow. */
  readonly times?: number;
  readonly move: FaultMove;
}

/** What a decoder says that is not so. */
export interface Lies {
  /** Times of pictures from this one on (counted as given) are off by `byNs`. */
  readonly pictureTime?: { readonly from: number; readonly byNs: Nanoseconds };
  /** Times of sound blocks are off by so much. */
  readonly soundTime?: { readonly byNs: Nanoseconds };
  /** Pictures from this one on claim another format than their memory has. */
  readonly format?: { readonly from: number; readonly claims: Partial<PictureFormat> };
}

/** Everything that is wrong with one asset. */
export interface FaultScript {
  readonly calls?: readonly CallFault[];
  readonly lies?: Lies;
  /** The pictures end after so many, whatever was promised; likewise the samples. */
  readonly picturesMax?: number;
  readonly samplesMax?: number;
  /** Never ends: begins again at zero, on times that go on. Wants an asset of known duration. */
  readonly endless?: boolean;
}

/** Counts calls of each kind and finds the fault that hits the next one. */
export class FaultCounter {
  readonly #faults: readonly CallFault[];
  readonly #calls = new Map<FaultyCall, number>();

  constructor(faults: readonly CallFault[] = []) {
    this.#faults = faults;
  }

  /** The move for this call, the first of the script that fits; undefined for a call that works. */
  next(on: FaultyCall): FaultMove | undefined {
    const index = this.#calls.get(on) ?? 0;
    this.#calls.set(on, index + 1);
    for (const fault of this.#faults) {
      const from = fault.from ?? 0;
      if (fault.on === on && index >= from && index < from + (fault.times ?? 1)) return fault.move;
    }
    return undefined;
  }
}
