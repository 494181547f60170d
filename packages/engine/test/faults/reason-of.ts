/** What the engine adds to a cause where the end of a killed process has not come within half a second, as on a machine with much to do. */
const notEnded = ", and has not ended";

/** Why the engine ended a process, or what ended it, however long its end took. */
export const reasonOf = (cause: unknown): string => String(cause).replace(notEnded, "");
