import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * @typedef {object} CommandResult
 * @property {number} code exit status; 127 where the program could not be started, 128 + n where signal n ended it
 * @property {string} output stdout and stderr together, in the order that they came; empty where `inherit` was asked for
 * @property {number} durationMs
 */

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] replaces the environment
 * @property {boolean} [inherit] lets the program use our terminal instead of keeping what it says, and hands on what asks us to end
 */

/** What asks a program to end. */
const endings = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a program to its end. Never rejects: a program that cannot be started is a result with code 127.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult>}
 */
export function runCommand(program, args, options = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? process.env,
      stdio: options.inherit ? "inherit" : ["ignore", "pipe", "pipe"],
    });
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    if (options.inherit) for (const signal of endings) process.on(signal, pass);
    /** @param {number} code @param {string} [note] */
    const finish = (code, note) => {
      if (options.inherit) for (const signal of endings) process.off(signal, pass);
      if (note !== undefined) chunks.push(Buffer.from(`${note}\n`));
      resolve({ code, output: Buffer.concat(chunks).toString(), durationMs: performance.now() - started });
    };
    child.on("error", (error) => finish(127, `${program}: ${error.message}`));
    child.on("close", (code, signal) => {
      if (signal === null) finish(code ?? 1);
      else finish(128, `${program} was ended by ${signal}`);
    });
  });
}

/**
 * True where `program` is an executable on the path.
 *
 * @param {string} program
 * @param {string} [path]
 */
export function onPath(program, path = process.env["PATH"] ?? "") {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}
