import type { Tick } from "@retrovue/core";
import type { RuleName } from "./rules.js";

/** A promise broken at a tick: what was expected, and what aired. */
export class Violation extends Error {
  override readonly name = "Violation";

  constructor(
    readonly rule: RuleName,
    readonly tick: Tick,
    readonly what: string,
  ) {
    super(`${rule} at tick ${tick}: ${what}`);
  }
}
