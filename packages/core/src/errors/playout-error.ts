import { type ErrorCode, type ErrorCodeEntry, errorCodes } from "./codes.js";

/** Where and about what an error happened: small, plain values that may be logged and sent. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** What a `PlayoutError` is made with besides its code and what happened. */
export interface PlayoutErrorOptions {
  /** What the reader should do about it, as a sentence. Left out where nothing can be done, or where nobody knows. */
  readonly remedy?: string;
  /** The error this one explains. */
  readonly cause?: unknown;
  /** Plain values naming the place: channel, field, path, line, asset. */
  readonly details?: ErrorDetails;
}

/** The same in every copy of this package within a process. */
const brand = Symbol.for("@retrovue/core/PlayoutError");

/**
 * The only error that crosses a boundary of the engine.
 *
 * The message says first what happened, then what to do about it; it never holds a stack trace. Both parts stand on
 * their own too, for whoever shows them apart: `what` and `remedy`.
 * `code` is one of a closed list and maps to a gRPC or Connect status in one table.
 *
 * @example
 * throw new PlayoutError("UnsupportedMedia", `No decoder accepts ${uri}.`, {
 *   remedy: "Install a plugin that does.",
 *   details: { uri, tried: ["pattern"] },
 * });
 */
export class PlayoutError extends Error {
  override readonly name = "PlayoutError";
  readonly [brand] = true;
  readonly code: ErrorCode;
  /** What happened: the message without the remedy. */
  readonly what: string;
  /** What to do about it; undefined where the error does not say. */
  readonly remedy: string | undefined;
  readonly details: ErrorDetails;

  /** @param what what happened, in whole sentences: the remedy is put behind it to make the message */
  constructor(code: ErrorCode, what: string, options: PlayoutErrorOptions = {}) {
    const { remedy } = options;
    super(
      remedy === undefined ? what : `${what} ${remedy}`,
      "cause" in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.details = options.details ?? {};
  }

  /** The table's entry for this code: status, whether a retry may help, and meaning. */
  get entry(): ErrorCodeEntry {
    return errorCodes[this.code];
  }

  /**
   * Turns anything thrown into a `PlayoutError`, for use at every edge. A `PlayoutError` is returned
   * as it is; an abort becomes `Cancelled` and a timed-out signal `Timeout`; the rest gets `fallback`
   * (default `Internal`) and keeps the original as `cause`.
   */
  static from(thrown: unknown, fallback: ErrorCode = "Internal"): PlayoutError {
    if (PlayoutError.is(thrown)) return thrown;
    // `AbortSignal.reason` defaults to a DOMException, which is an Error with a well-known name.
    const name = thrown instanceof Error ? thrown.name : "";
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (name === "AbortError") return new PlayoutError("Cancelled", message, { cause: thrown });
    if (name === "TimeoutError") return new PlayoutError("Timeout", message, { cause: thrown });
    return new PlayoutError(fallback, message, { cause: thrown });
  }

  /**
   * True if `thrown` is a `PlayoutError` (with this code, where one is given). Told by its mark, which `instanceof` is
   * not: a plugin that brings its own copy of this package throws errors of that copy's class.
   */
  static is(thrown: unknown, code?: ErrorCode): thrown is PlayoutError {
    const isOne = typeof thrown === "object" && thrown !== null && brand in thrown;
    return isOne && (code === undefined || (thrown as PlayoutError).code === code);
  }
}
