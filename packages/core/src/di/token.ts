/**
 * A key for something that the container makes, which remembers its type. tsyringe's own symbol tokens are untyped,
 * so that a wrong `resolve` would compile; these do not allow it.
 */
export class Token<T> {
  /** Never set: carries the type. */
  declare readonly type: T;
  readonly symbol: symbol;

  /** @param description what it stands for, as it shall read in an error: "Clock", "FrameBus of a channel" */
  constructor(readonly description: string) {
    this.symbol = Symbol(description);
  }
}
