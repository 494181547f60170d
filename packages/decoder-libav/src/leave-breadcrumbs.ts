import { closeSync, constants, openSync } from "node:fs";
import { PlayoutError, type PluginLog } from "@retrovue/core";
import type { NativeModule } from "./native.js";

/** Never another's file behind a link, and never waits for a pipe's other end. */
const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Has the addon's threads leave breadcrumbs in a file, if one is named. Where that cannot be, on a full disk say, it is told and no
 * more: what kills the process is then not known, but it plays.
 */
export function leaveBreadcrumbs(
  native: Pick<NativeModule, "useBreadcrumbFile">,
  path: string | undefined,
  log: Pick<PluginLog, "warn">,
): void {
  if (path === undefined) return;
  let reason = "there is no room for its table";
  try {
    const fd = openSync(path, flags, 0o600);
    try {
      if (native.useBreadcrumbFile(fd)) return;
    } finally {
      // The table is mapped, which keeps the file.
      closeSync(fd);
    }
  } catch (thrown) {
    reason = PlayoutError.from(thrown).message;
  }
  log.warn("it plays without breadcrumbs", { path, reason });
}
