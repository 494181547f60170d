/**
 * Resolves after so many milliseconds of real time, or at once when the signal aborts. Real, because a bus that is not there is
 * looked for whatever the channel's clock does: under a manual one it would never be found.
 */
export function realPause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
