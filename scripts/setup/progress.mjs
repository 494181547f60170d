/**
 * One line for each step on a terminal, nothing in a pipe. Goes to stderr, so that what a command answers on
 * stdout stays clean.
 */
export class Progress {
  /** @param {{ isTTY?: boolean, write(text: string): unknown }} stream */
  constructor(stream = process.stderr) {
    this.stream = stream;
  }

  /**
   * Shows `title` with the seconds so far while `work` runs, then how long it took.
   *
   * @template T
   * @param {string} title
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async step(title, work) {
    if (!this.stream.isTTY) return await work();
    const started = performance.now();
    const seconds = () => Math.round((performance.now() - started) / 1000);
    const show = () => this.stream.write(`\r\x1b[K· ${title} … ${seconds()} s`);
    show();
    const timer = setInterval(show, 1000);
    try {
      const result = await work();
      this.stream.write(`\r\x1b[K✓ ${title} (${seconds()} s)\n`);
      return result;
    } catch (error) {
      this.stream.write(`\r\x1b[K✗ ${title}\n`);
      throw error;
    } finally {
      clearInterval(timer);
    }
  }
}
