/**
 * What is being done and for how long, on a terminal; nothing in a pipe. Goes to stderr, so that what a command
 * answers on stdout stays clean.
 */
export class Progress {
  /** @param {{ isTTY?: boolean, write(text: string): unknown }} stream */
  constructor(stream = process.stderr) {
    this.stream = stream;
  }

  /**
   * Shows `title` with the seconds so far while `work` runs, and takes the line away again.
   *
   * @template T
   * @param {string} title
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async during(title, work) {
    if (!this.stream.isTTY) return await work();
    const started = performance.now();
    const seconds = () => Math.round((performance.now() - started) / 1000);
    const show = () => this.stream.write(`\r\x1b[K· ${title} … ${seconds()} s`);
    show();
    const timer = setInterval(show, 1000);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.stream.write("\r\x1b[K");
    }
  }

  /**
   * As `during`, and leaves a line that says how it went.
   *
   * @template T
   * @param {string} title
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async step(title, work) {
    const say = (/** @type {string} */ mark) => this.stream.isTTY && this.stream.write(`${mark} ${title}\n`);
    try {
      const result = await this.during(title, work);
      say("✓");
      return result;
    } catch (error) {
      say("✗");
      throw error;
    }
  }
}
