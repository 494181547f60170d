/** What is done to a channel of a soak. */
export type SoakRole =
  /** Nothing: each of its ticks is as planned. */
  | "steady"
  /** Every third segment cannot be played, and some end the worker. */
  | "failing"
  /** Its plan is replaced every few seconds. */
  | "planned"
  /** It is taken off air and put on air again. */
  | "cycled"
  /** Its worker is killed, faulted or stopped now and then. */
  | "struck"
  /** It runs while somebody watches. */
  | "on-demand";

/** One channel of a soak. */
export interface SoakChannel {
  readonly id: number;
  readonly role: SoakRole;
  readonly isEncoded: boolean;
}

const disturbed: readonly SoakRole[] = ["steady", "failing", "planned", "cycled", "struck", "on-demand"];

/**
 * Channels from 1 on, each with its role.
 *
 * @param isCalm one fails, and to the others nothing is done
 * @param encoded how many of them are encoded; those that viewers need come first
 */
export function soakChannels(count: number, isCalm: boolean, encoded: number): SoakChannel[] {
  const roles = Array.from({ length: count }, (_, index): SoakRole => {
    if (isCalm) return index === 1 ? "failing" : "steady";
    return disturbed[index] ?? "steady";
  });
  const first = roles
    .map((role, index) => ({ index, rank: role === "on-demand" ? 0 : role === "steady" ? 1 : 2 }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, encoded)
    .map(({ index }) => index);
  return roles.map((role, index) => ({ id: index + 1, role, isEncoded: first.includes(index) }));
}
