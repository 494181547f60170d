/** Time of day in ms since the Unix epoch: what all processes of a machine agree on, and people read. Nothing airs by it. */
export const nowMs = (): number => Date.now();
