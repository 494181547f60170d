/** A configuration with one thing wrong, and what must be said of it. */
export interface Mistake {
  readonly name: string;
  readonly text: string;
  /** Line and column from 1. */
  readonly at: readonly [number, number];
  readonly path: string;
  readonly expected: RegExp;
  readonly found: RegExp;
  readonly remedy: RegExp;
}
