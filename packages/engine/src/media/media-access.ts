import { realpath } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { PlayoutError } from "@retrovue/core";
import { FileCalls, isBeneath } from "./file-calls.js";

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
  /** @param files shared by all in this process that ask for files of others */
  constructor(
    private readonly rules: MediaRules,
    private readonly files: FileCalls = new FileCalls({ places: rules.roots }),
  ) {}

  /**
   * Resolves to the real path of a file, or undefined for an asset that is none. `MediaForbidden` by the rules and where this
   * user may not look, `MediaNotFound` for a file that is not there or cannot be read, `Timeout` where its file system does not answer.
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
    let real: string;
    try {
      real = await this.files.ask(path, () => realpath(path), signal);
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (PlayoutError.is(thrown) || code === undefined) throw thrown;
      // Whether something exists outside is nobody's business.
      const isWithin = this.rules.roots.some((root) => isBeneath(path, root));
      if (!isWithin && !(await this.#isBeneathRoot(path, signal))) throw this.#outside(uri);
      if (code === "EACCES" || code === "EPERM") {
        throw forbidden(
          uri,
          `this user may not look at it (${code})`,
          "Let the user that the engine runs as enter the folders above it.",
        );
      }
      throw new PlayoutError("MediaNotFound", `${path} cannot be read (${code}).`, {
        cause: thrown,
        remedy: "Correct the path, or put the file there.",
        details: { uri },
      });
    }
    if (!(await this.#isBeneathRoot(real, signal))) throw this.#outside(uri);
    return real;
  }

  /**
   * Whether a path lies beneath what a root really is. Asked each time, since one may be mounted while the engine runs; first those
   * beneath whose own name it lies, so that a root that does not answer concerns only what may lie there.
   */
  async #isBeneathRoot(path: string, signal: AbortSignal): Promise<boolean> {
    const { roots } = this.rules;
    const isNamed = (root: string) => isBeneath(path, root);
    let unanswered: PlayoutError | undefined;
    for (const root of [...roots.filter(isNamed), ...roots.filter((root) => !isNamed(root))]) {
      try {
        const real = await this.files.ask(root, () => realpath(root), signal);
        if (isBeneath(path, real)) return true;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        // A root that is not there has nothing beneath it.
        if (PlayoutError.is(thrown)) unanswered ??= thrown;
      }
    }
    if (unanswered !== undefined) throw unanswered;
    return false;
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

const forbidden = (uri: string, why: string, remedy: string): PlayoutError =>
  new PlayoutError("MediaForbidden", `${uri} may not be opened: ${why}.`, { remedy, details: { uri } });
