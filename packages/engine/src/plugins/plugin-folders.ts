import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { PluginFolders } from "@retrovue/core";
import type { Log } from "../log/log.js";

/** Whom the engine runs as. The number asks no list of users, where a container's user need not stand; Windows has names alone. */
const user = (): number | string => process.getuid?.() ?? userInfo().username;

/** What all engines of a user on this machine share: memory that a service's own folder for temporary files does not hide. */
function machineFolder(): string {
  const shared = "/dev/shm";
  return join(existsSync(shared) ? shared : tmpdir(), `playout-plugins-${user()}`);
}

/** The folders that plugins of an engine keep things in, each plugin in one of its own below. */
export const pluginFoldersOf = (dataDir: string): PluginFolders => ({
  state: join(dataDir, "plugins"),
  machine: machineFolder(),
});

/** Makes the folders. Where that fails plugins get none, and the log says so. */
export function makePluginFolders(dataDir: string, log: Log): PluginFolders | undefined {
  const folders = pluginFoldersOf(dataDir);
  try {
    for (const folder of [folders.state, folders.machine]) makeOurs(folder);
    return folders;
  } catch (thrown) {
    log.warn({ err: thrown }, "plugins keep nothing: their folders cannot be made");
    return undefined;
  }
}

/** One plugin's own folders, by its name in the configuration. */
export const foldersFor = (all: PluginFolders | undefined, plugin: string): PluginFolders | undefined => {
  const name = encodeURIComponent(plugin);
  return all && { state: join(all.state, name), machine: join(all.machine, name) };
};

/** Others can make things where all may, so one that is there already is looked at. */
function makeOurs(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const about = lstatSync(folder);
  const uid = process.getuid?.();
  if (!about.isDirectory() || (uid !== undefined && about.uid !== uid))
    throw new Error(`${folder} belongs to somebody else.`);
}
