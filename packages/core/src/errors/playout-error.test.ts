import { describe, expect, test, vi } from "vitest";
import { endOfMedia } from "../media/picture.js";
import { errorCodeNames, errorCodes, Status } from "./codes.js";
import { InvariantViolation, invariant } from "./invariant.js";
import { PlayoutError } from "./playout-error.js";

describe("errors", () => {
  test("errors/each-code-has-a-status-that-is-never-unknown", () => {
    const known = new Set<number>(Object.values(Status));
    expect(errorCodeNames.length).toBeGreaterThan(20);
    for (const code of errorCodeNames) {
      expect(known.has(errorCodes[code].status), code).toBe(true);
      expect(errorCodes[code].status as number, code).not.toBe(2);
      expect(errorCodes[code].meaning, code).toMatch(/\.$/);
    }
  });

  test("errors/from-keeps-the-cause-and-a-playout-error-itself", () => {
    const own = new PlayoutError("Closed", "The reader was closed.");
    expect(PlayoutError.from(own)).toBe(own);
    const cause = new TypeError("boom");
    const wrapped = PlayoutError.from(cause, "DecodeFailed");
    expect(wrapped.code).toBe("DecodeFailed");
    expect(wrapped.cause).toBe(cause);
    expect(PlayoutError.from("text").message).toBe("text");
  });

  test("errors/what-and-remedy-make-the-message", () => {
    const error = new PlayoutError("PortInUse", "Port 8090 is taken.", { remedy: "Name another." });
    expect([error.message, error.what, error.remedy]).toEqual([
      "Port 8090 is taken. Name another.",
      "Port 8090 is taken.",
      "Name another.",
    ]);
    const bare = new PlayoutError("Closed", "The reader was closed.");
    expect([bare.message, bare.remedy]).toEqual([bare.what, undefined]);
  });

  test("errors/aborts-and-timeouts-are-told-apart", () => {
    const aborted = AbortSignal.abort();
    expect(PlayoutError.from(aborted.reason).code).toBe("Cancelled");
    expect(PlayoutError.from(new DOMException("late", "TimeoutError")).code).toBe("Timeout");
  });

  test("errors/one-of-another-copy-of-the-package-is-one", async () => {
    vi.resetModules();
    const copy = await import("./playout-error.js");
    const foreign = new copy.PlayoutError("MediaCorrupt", "Broken.");
    expect(copy.PlayoutError).not.toBe(PlayoutError);
    expect(PlayoutError.from(foreign)).toBe(foreign);
    expect(PlayoutError.is(foreign, "MediaCorrupt")).toBe(true);
    expect((await import("../media/picture.js")).endOfMedia).toBe(endOfMedia);
  });

  test("errors/a-subclass-is-not-every-error", () => {
    class Special extends PlayoutError {}
    expect(new Special("Timeout", "late")).toBeInstanceOf(Special);
    expect(PlayoutError.is(new Special("Timeout", "late"))).toBe(true);
    expect(new PlayoutError("Timeout", "late")).not.toBeInstanceOf(Special);
  });

  test("errors/is-narrows-by-code", () => {
    const error: unknown = new PlayoutError("Timeout", "late");
    expect(PlayoutError.is(error)).toBe(true);
    expect(PlayoutError.is(error, "Timeout")).toBe(true);
    expect(PlayoutError.is(error, "Closed")).toBe(false);
    expect(PlayoutError.is(new Error("x"))).toBe(false);
  });

  test("errors/invariants-stay-on", () => {
    expect(() => invariant(true, "fine")).not.toThrow();
    expect(() => invariant(false, "ticks only grow")).toThrow(InvariantViolation);
  });
});
