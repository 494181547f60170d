import { realpath } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { orAbort, PlayoutError } from "@retrovue/core";

/** What may be opened. */
export interface MediaRules {
  /** Absolute folders; nothing outside is ever opened. */
  readonly roots: readonly string[];
  /** Schemes that a URI may have. */
  readonly protocols: readonly string[];
}

/** Test patterns are made on the spot and open nothing, so no rule concerns them. */
const alwaysAllowed = "test";

/**
 * Says which assets may be opened: files beneath a root, wherever symbolic links lead, and URIs of an allowed scheme. It is
 * asked right before each open. What happens to a path between the question and the open is the decoder's matter, which
 * opens beneath a root by itself.
 */
export class MediaAccess {
  constructor(private readonly rules: MediaRules) {}

  /**
   * Resolves to the real path of a file, or undefined for an asset that is none. `MediaForbidden`, or `MediaNotFound` for a file
   * that is not there or cannot be read.
   */
  async check(uri: string, signal: AbortSignal): Promise<string | undefined> {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
    if (scheme === alwaysAllowed) return undefined;
    if (!this.rules.protocols.includes(scheme ?? "file")) {
      throw forbidden(
        uri,
        `its protocol is not one of ${this.rules.protocols.join(", ")}`,
        "Add it to media.protocols.",
      );
    }
    if (scheme !== undefined && scheme !== "file") return undefined;
    return await this.#realPath(uri, pathOf(uri), signal);
  }

  async #realPath(uri: string, path: string, signal: AbortSignal): Promise<string> {
    const roots = await orAbort(this.#realRoots(), signal);
    let real: string;
    try {
      real = await orAbort(realpath(path), signal);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === undefined) throw thrown;
      // Whether something exists outside is nobody's business.
      if (![...this.rules.roots, ...roots].some((root) => isBeneath(path, root))) throw this.#outside(uri);
      throw new PlayoutError("MediaNotFound", `${path} cannot be read (${code}).`, {
        cause: thrown,
        remedy: "Correct the path, or put the file there.",
        details: { uri },
      });
    }
    if (!roots.some((root) => isBeneath(real, root))) throw this.#outside(uri);
    return real;
  }

  /** Asked each time: a root may be mounted while the engine runs. */
  async #realRoots(): Promise<readonly string[]> {
    const found = await Promise.all(this.rules.roots.map((root) => realpath(root).catch(() => undefined)));
    return found.filter((root) => root !== undefined);
  }

  #outside(uri: string): PlayoutError {
    return forbidden(uri, "it lies outside of all media roots", "Move it, or add its folder to media.roots.");
  }
}

/** The absolute path that a path or a `file:` URI names. `MediaNotFound` where it names none here, as one of another host. */
export function pathOf(uri: string): string {
  let path = uri;
  if (/^file:/i.test(uri)) {
    try {
      path = fileURLToPath(uri);
    } catch (cause) {
      throw new PlayoutError("MediaNotFound", `${uri} is not the URI of a file here.`, {
        cause,
        remedy: "Write its whole path, or a URI as file:///srv/media/a.mp4.",
        details: { uri },
      });
    }
  }
  if (!isAbsolute(path) || path.includes("\0")) {
    throw new PlayoutError("MediaNotFound", `${JSON.stringify(path)} is not an absolute path.`, {
      remedy: "Write the whole path.",
      details: { uri },
    });
  }
  return path;
}

const isBeneath = (path: string, root: string): boolean =>
  path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);

const forbidden = (uri: string, why: string, remedy: string): PlayoutError =>
  new PlayoutError("MediaForbidden", `${uri} may not be opened: ${why}.`, { remedy, details: { uri } });
