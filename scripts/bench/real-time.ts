/** Waits in real time: this is what benches measure in. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Share of a core, in percent, that a program takes once things are steady.
 *
 * @param settleMs left out before
 * @param steadyMs measured
 */
export async function steadyShare(
  program: { cpuSeconds(): number },
  settleMs: number,
  steadyMs: number,
): Promise<number> {
  await pause(settleMs);
  const before = program.cpuSeconds();
  const began = performance.now();
  await pause(steadyMs);
  return ((program.cpuSeconds() - before) / (performance.now() - began)) * 100_000;
}
