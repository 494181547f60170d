/**
 * Node's flags for every process of the engine; the launchers in `bin/` start the engine itself with the same.
 *
 * V8 doubles the space for young objects whenever much in it is still in use, to 128 MB, and hardly ever gives any of it
 * back: over the first quarter of an hour an engine of seven channels grew from 90 to 180 MB that way, of which 35 were in use.
 * With a quarter of that, two halves of 16 MB, it stays at 110.
 */
export const nodeFlags: readonly string[] = ["--max-semi-space-size=16"];
