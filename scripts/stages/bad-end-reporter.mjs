import { writeFileSync } from "node:fs";
import process from "node:process";

/** Where the reporter of a vitest run writes how many errors belonged to no test: rejections that nobody handled, processes that died. */
export const badEndsVariable = "RETROVUE_BAD_ENDS_FILE";

/** A reporter for vitest, whose JSON leaves these out. */
export default class BadEndReporter {
  /**
   * @param {unknown} _modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(_modules, unhandledErrors) {
    const path = process.env[badEndsVariable];
    if (path !== undefined) writeFileSync(path, String(unhandledErrors.length));
  }
}
