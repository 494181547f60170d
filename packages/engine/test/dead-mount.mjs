/**
 * Loaded before a program, it makes the folder that DEAD_MOUNT names behave as a share whose server is gone: each call on it holds its
 * thread for ever, as opening a pipe that nobody writes does. DEAD_CALLS names the calls that do, where some still answer.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const dead = process.env.DEAD_MOUNT ?? "";
const pipe = process.env.DEAD_PIPE ?? "";
const calls = process.env.DEAD_CALLS?.split(",");
const isDead = (path) => typeof path === "string" && (path === dead || path.startsWith(`${dead}/`));
const opened = fs.promises.open;
const openedSync = fs.openSync;

for (const name of ["open", "stat", "realpath", "access", "readFile", "readdir", "opendir"]) {
  if (calls?.includes(name) === false) continue;
  const call = fs.promises[name];
  fs.promises[name] = (path, ...rest) => (isDead(path) ? opened(pipe, "r") : call(path, ...rest));
}
for (const name of [
  "existsSync",
  "openSync",
  "statSync",
  "lstatSync",
  "realpathSync",
  "readFileSync",
  "accessSync",
]) {
  const call = fs[name];
  fs[name] = Object.assign(
    (path, ...rest) => (isDead(path) ? openedSync(pipe, "r") : call(path, ...rest)),
    call,
  );
}
syncBuiltinESMExports();
