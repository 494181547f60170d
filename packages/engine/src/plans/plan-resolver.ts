import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, join, resolve as resolvePath, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type MediaTime, mediaTime, nanoseconds, type PlanDraft, PlayoutError } from "@retrovue/core";
import { segmentIdOf } from "@retrovue/protocol";
import { planHandleKind } from "../config/rules/plans.js";
import type { MediaAccess } from "../media/media-access.js";
import type { AssetLengths } from "../media/media-inspector.js";
import { isPlanFile, readPlanFile } from "./plan-file.js";

/** What handles are resolved with. */
export interface PlanResolverOptions {
  /** Names of the configuration, to absolute paths or URIs. */
  readonly plans: Readonly<Record<string, string>>;
  /** Of the configuration file: plan files may lie beneath it. */
  readonly folder: string;
  readonly roots: readonly string[];
  readonly access: MediaAccess;
  readonly lengths: AssetLengths;
  readonly unresolved: "refuse" | "slate";
}

/** A handle and what it stands for. */
export interface ResolvedPlan {
  readonly draft: PlanDraft;
  /** Set where the handle could not be resolved and the channel airs slate instead: why. */
  readonly onSlate: PlayoutError | undefined;
}

/** How long one round of media without end lasts: its picture begins again once a day. */
const endlessNs = nanoseconds(86_400_000_000_000n);

/**
 * Finds out what a plan handle stands for: a name of the configuration, a plan file, a media file, a test pattern, in this
 * order. Media become a plan of one segment that loops.
 */
export class PlanResolver {
  #options: PlanResolverOptions;

  constructor(options: PlanResolverOptions) {
    this.#options = options;
  }

  /** Other names than before, from the next handle on. */
  setPlans(plans: Readonly<Record<string, string>>): void {
    this.#options = { ...this.#options, plans };
  }

  /**
   * `UnknownPlan`, `InvalidPlan`, `MediaNotFound`, `MediaForbidden` or what else keeps the media from opening, unless the
   * configuration says that such a channel airs slate. `Cancelled`.
   *
   * @param by who gave it: what the configuration names may lie anywhere, what a request names only beneath a media
   * root or the configuration's folder
   * @param lengths who looks at the media in place of the resolver's own; asked only once nothing cheaper speaks against the plan
   */
  async resolve(
    handle: string,
    by: "configuration" | "request",
    revision: number,
    signal: AbortSignal,
    lengths: AssetLengths = this.#options.lengths,
  ): Promise<ResolvedPlan> {
    try {
      return { draft: await this.#find(handle, by, revision, lengths, signal), onSlate: undefined };
    } catch (thrown) {
      const error = PlayoutError.from(thrown, "UnknownPlan");
      if (signal.aborted || this.#options.unresolved === "refuse") throw error;
      // An asset that does not open airs slate, and is tried again: should it appear, it plays.
      return { draft: mediaPlan(handle, undefined, revision), onSlate: error };
    }
  }

  /** The asset that a request means: a URI, or a path, a relative one beneath a media root. `UnknownPlan` where no file is there. */
  locate(asset: string): string {
    const isUri = planHandleKind(asset) === "uri" && !/^file:/i.test(asset);
    return isUri ? asset : this.#path(asset, asset);
  }

  async #find(
    handle: string,
    by: "configuration" | "request",
    revision: number,
    lengths: AssetLengths,
    signal: AbortSignal,
  ) {
    const { plans, access } = this.#options;
    const named = Object.hasOwn(plans, handle) ? plans[handle] : undefined;
    const target = named ?? handle;
    const isTrusted = named !== undefined || by === "configuration";
    const isUri = planHandleKind(target) === "uri" && !/^file:/i.test(target);
    const place = isUri ? target : this.#path(target, handle);
    if (!isUri && isPlanFile(place)) {
      if (!isTrusted) await this.#admitPlanFile(place);
      return await readPlanFile(place, revision, lengths, signal);
    }
    await access.check(place, signal);
    return mediaPlan(place, await lengths.lengthOf(place, signal), revision);
  }

  /** The file meant by a path, relative ones beneath the configuration's folder or a root. */
  #path(target: string, handle: string): string {
    if (/^file:/i.test(target)) return fileURLToPath(target);
    if (isAbsolute(target)) return target;
    const { folder, roots, plans } = this.#options;
    const found = [folder, ...roots].map((from) => join(from, target)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    const names = Object.keys(plans);
    throw new PlayoutError(
      "UnknownPlan",
      `"${handle}" is no plan of the configuration (${names.length === 0 ? "it names none" : names.join(", ")}), and no such file is beneath its folder or a media root.`,
      { remedy: "Correct the handle, or add it under plans.", details: { handle } },
    );
  }

  async #admitPlanFile(path: string): Promise<void> {
    const { folder, roots } = this.#options;
    const allowed = await Promise.all(
      [folder, ...roots].map((root) => realpath(root).catch(() => undefined)),
    );
    const real = await realpath(path).catch(() => undefined);
    const isBeneath = (root: string | undefined, at: string) =>
      root !== undefined && (root === sep || at.startsWith(root + sep));
    if (allowed.some((root) => isBeneath(root, real ?? resolvePath(path)))) return;
    throw new PlayoutError("MediaForbidden", `The plan file ${path} lies outside of all media roots.`, {
      remedy: "Move it, or name it under plans.",
      details: { path },
    });
  }
}

/** One asset, over and over. */
function mediaPlan(uri: string, length: MediaTime | undefined, revision: number): PlanDraft {
  return {
    revision,
    start: undefined,
    end: "loop",
    segments: [
      {
        id: segmentIdOf(["media", uri]),
        kind: "content",
        asset: { uri },
        inPoint: mediaTime(0n),
        duration: length === undefined || length <= 0n ? endlessNs : nanoseconds(length),
        start: undefined,
        gainDb: 0,
        fadeInNs: nanoseconds(0n),
        fadeOutNs: nanoseconds(0n),
        aspect: undefined,
        labels: {},
      },
    ],
  };
}
