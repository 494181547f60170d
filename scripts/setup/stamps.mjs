import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Remembers from what inputs each step was last done, so that a second start skips what is done. One small
 * file a step, so that two processes never write over one another's stamps.
 */
export class Stamps {
  /** @param {string} folder where the stamps are kept; made when first needed */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * True where `step` was last done with exactly these inputs.
   *
   * @param {string} step
   * @param {string} inputs a digest of the inputs
   */
  holds(step, inputs) {
    const path = join(this.folder, step);
    return existsSync(path) && readFileSync(path, "utf8") === inputs;
  }

  /**
   * Says that `step` is done. Written aside and renamed, so that a half-written stamp cannot be read.
   *
   * @param {string} step
   * @param {string} inputs
   */
  set(step, inputs) {
    const path = join(this.folder, step);
    mkdirSync(dirname(path), { recursive: true });
    const aside = `${path}.${process.pid}`;
    writeFileSync(aside, inputs);
    renameSync(aside, path);
  }

  /** @param {string} step */
  clear(step) {
    rmSync(join(this.folder, step), { force: true });
  }

  /**
   * Forgets a step and all of its shares.
   *
   * @param {string} step
   */
  clearShares(step) {
    if (!existsSync(this.folder)) return;
    for (const name of readdirSync(this.folder)) {
      if (name === step || name.startsWith(`${step}-`)) this.clear(name);
    }
  }

  /**
   * Does a step, or a share of it, unless that or the whole was last done with exactly these inputs. Shares write over one another's
   * results: what was said of the others is forgotten before any work, so that no result of other inputs passes for theirs.
   *
   * @param {string} step
   * @param {string} share what of all it is; empty: all
   * @param {string} inputs a digest of the inputs
   * @param {() => Promise<void>} work rejects where it fails: nothing of the step then counts as done
   */
  async renew(step, share, inputs, work) {
    const own = share === "" ? step : `${step}-${share}`;
    if (this.holds(own, inputs) || this.holds(step, inputs)) return;
    this.clearShares(step);
    await work();
    this.set(own, inputs);
  }
}

/**
 * A digest of files (path and content; a missing file counts as missing) and of further words.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to `root`
 * @param {readonly string[]} [words]
 */
export function digestOf(root, paths, words = []) {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`${word}\0`);
  for (const path of paths) {
    const full = join(root, path);
    hash.update(`${path}\0`);
    hash.update(existsSync(full) ? createHash("sha256").update(readFileSync(full)).digest("hex") : "missing");
  }
  return hash.digest("hex");
}
