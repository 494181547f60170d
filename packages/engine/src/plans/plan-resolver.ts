import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve as resolvePath } from "node:path";
import { type MediaTime, mediaTime, nanoseconds, type PlanDraft, PlayoutError } from "@retrovue/core";
import { segmentIdOf } from "@retrovue/protocol";
import { planHandleKind } from "../config/rules/plans.js";
import { type FileCalls, isBeneath } from "../media/file-calls.js";
import { type MediaAccess, pathOf } from "../media/media-access.js";
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
  /** Shared by all in this process that ask for files of others. */
  readonly files: FileCalls;
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
   * `UnknownPlan`, `InvalidPlan`, `MediaNotFound`, `MediaForbidden`, `Timeout` for a file system that does not answer, or what else
   * keeps the media from opening, unless the configuration says that such a channel airs slate. `Cancelled`.
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

  /**
   * The asset that a request means: a URI, or a path, a relative one beneath a media root. `UnknownPlan` where no file is there,
   * `MediaNotFound` for a `file:` URI of no file here, and `Timeout` where it cannot be said. Only for a relative path is anything asked, and its answer a promise.
   */
  locate(asset: string, signal: AbortSignal): string | Promise<string> {
    if (/^file:/i.test(asset)) return pathOf(asset);
    if (planHandleKind(asset) === "uri" || isAbsolute(asset)) return asset;
    return this.#path(asset, asset, signal);
  }

  async #find(
    handle: string,
    by: "configuration" | "request",
    revision: number,
    lengths: AssetLengths,
    signal: AbortSignal,
  ) {
    const { plans, access, files } = this.#options;
    const named = Object.hasOwn(plans, handle) ? plans[handle] : undefined;
    const target = named ?? handle;
    const isTrusted = named !== undefined || by === "configuration";
    const isUri = planHandleKind(target) === "uri" && !/^file:/i.test(target);
    const place = isUri ? target : await this.#path(target, handle, signal);
    if (!isUri && isPlanFile(place)) {
      // What the configuration names may lie anywhere; a folder that hangs must not keep others from being asked.
      if (isTrusted) files.know(dirname(place));
      else await this.#admitPlanFile(place, signal);
      return await readPlanFile(place, revision, lengths, signal, files);
    }
    await access.check(place, signal);
    return mediaPlan(place, await lengths.lengthOf(place, signal), revision);
  }

  /** The file meant by a path, relative ones beneath the configuration's folder or a root. */
  async #path(target: string, handle: string, signal: AbortSignal): Promise<string> {
    if (/^file:/i.test(target)) return pathOf(target);
    if (isAbsolute(target)) return target;
    const { folder, roots, plans, files } = this.#options;
    let unanswered: PlayoutError | undefined;
    for (const path of [folder, ...roots].map((from) => join(from, target))) {
      try {
        await files.ask(path, () => stat(path), signal);
        return path;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        // It may well lie beneath another one.
        if (PlayoutError.is(thrown)) unanswered ??= thrown;
      }
    }
    if (unanswered !== undefined) throw unanswered;
    const names = Object.keys(plans);
    throw new PlayoutError(
      "UnknownPlan",
      `"${handle}" is no plan of the configuration (${names.length === 0 ? "it names none" : names.join(", ")}), and no such file is beneath its folder or a media root.`,
      { remedy: "Correct the handle, or add it under plans.", details: { handle } },
    );
  }

  async #admitPlanFile(path: string, signal: AbortSignal): Promise<void> {
    const { folder, roots, files } = this.#options;
    const realOf = async (at: string) =>
      await files.ask(at, () => realpath(at).catch(() => undefined), signal);
    const real = (await realOf(path)) ?? resolvePath(path);
    let unanswered: PlayoutError | undefined;
    for (const root of [folder, ...roots]) {
      try {
        const allowed = await realOf(root);
        if (allowed !== undefined && isBeneath(real, allowed)) return;
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        unanswered ??= PlayoutError.from(thrown);
      }
    }
    if (unanswered !== undefined) throw unanswered;
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
