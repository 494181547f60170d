/**
 * Lets everything that can go on without time go on: all promises settle before the event loop comes round to this one.
 * Deterministic, since nothing in the simulation waits for anything outside of it.
 */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
