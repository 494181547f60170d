import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { PlayoutError } from "@retrovue/core";
import { refusalOf } from "./open-refusal.js";

/**
 * Opens a file below one of the roots, symbolic links followed and checked, once: all that is read is read from this
 * descriptor. `MediaForbidden` outside the roots and where the system does not let this user read it, `UnsupportedMedia` for another
 * protocol than files, `LimitExceeded` where the process may open no more, `MediaNotFound` where there is nothing to open, or the
 * storage fails.
 */
export async function openBelow(roots: readonly string[], uri: string): Promise<FileHandle> {
  const path = pathOf(uri);
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  const inside = (real: string) => allowed.some((root) => root !== undefined && isBelow(root, real));
  const forbidden = () =>
    new PlayoutError("MediaForbidden", `${uri} lies outside the media roots.`, {
      remedy: "Move it below a folder of media.roots, or add its folder there.",
      details: { uri },
    });
  let file: FileHandle;
  try {
    const real = await realpath(path);
    if (!inside(real)) throw forbidden();
    // Not blocking: a pipe that nobody writes to would be waited for here; what is no plain file is refused later.
    file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (PlayoutError.is(cause)) throw cause;
    throw refusalOf(uri, cause);
  }
  // The way may have been changed between the two looks; what counts is what was opened.
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (opened !== undefined && !inside(opened)) {
    await file.close();
    throw forbidden();
  }
  return file;
}

function pathOf(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === "file") {
    try {
      return fileURLToPath(uri);
    } catch (cause) {
      throw new PlayoutError("MediaNotFound", `${uri} names no file of this machine.`, {
        cause,
        details: { uri },
      });
    }
  }
  if (isAbsolute(uri)) return uri;
  throw new PlayoutError("UnsupportedMedia", `${uri} is not the path of a file.`, { details: { uri } });
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
