import { stat } from "node:fs/promises";
import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { orAbort, PlayoutError } from "@retrovue/core";
import { type PlayoutPlan, planFromWire } from "@retrovue/protocol";
import type { PathFault } from "../../config/explain.js";
import type { ConfigPath } from "../../config/fault.js";
import type { PlayoutConfig } from "../../config/playout-config.js";
import { planHandleKind } from "../../config/rules/plans.js";
import { MediaAccess, pathOf } from "../../media/media-access.js";
import { isPlanFile, readPlanMessage } from "../../plans/plan-file.js";

/** What the plans of a configuration were found to be. */
export interface PlanFindings {
  /** Plan files that cannot be read or break a rule: their channels would not start. */
  readonly faults: readonly PathFault[];
  /** Media that are not there, or may not be opened; and faults as well where the configuration airs slate in their place. */
  readonly warnings: readonly PathFault[];
}

/** Media of one plan that are told one by one. */
const toldMax = 10;

/** How long one file may take: beyond, its disk or its share hangs. */
const patienceMs = 5_000;

/** Begins the time that one file has. */
export type FileLimit = () => AbortSignal;

/**
 * Reads every plan file that a configuration names, as a start does, but opens no media: they are looked for, and a segment that
 * says no duration is taken to have one. A plan file that is not there was told when the configuration was read; one that does not
 * answer in time is a warning.
 */
export async function planFindings(
  config: PlayoutConfig,
  limit: FileLimit = () => AbortSignal.timeout(patienceMs),
): Promise<PlanFindings> {
  const access = new MediaAccess(config.media);
  const faults: PathFault[] = [];
  const warnings: PathFault[] = [];
  const isRefused = config.unresolvedPlan === "refuse";
  for (const [path, handle] of placedHandles(config)) {
    try {
      const file = pathOf(handle);
      if (!(await isThere(file, limit()))) continue;
      if (!isPlanFile(file)) {
        warnings.push(...(await mediaWarnings(path, new Map([[file, ""]]), access, limit)));
        continue;
      }
      const message = await readPlanMessage(file, limit());
      planFromWire(withDurations(message), { revision: 1 });
      warnings.push(...(await mediaWarnings(path, assetsOf(message), access, limit)));
    } catch (thrown) {
      const error = PlayoutError.from(thrown);
      if (error.code === "Timeout") warnings.push(unanswered(path, "a plan that can be read", handle));
      else (isRefused ? faults : warnings).push(planFault(path, handle, error));
    }
  }
  return { faults, warnings };
}

const isThere = (file: string, signal: AbortSignal): Promise<boolean> =>
  orAbort(
    stat(file).then(
      () => true,
      () => false,
    ),
    signal,
  );

/** Paths and URIs of files that stand where a plan is named, each with that place. */
function placedHandles(config: PlayoutConfig): readonly (readonly [ConfigPath, string])[] {
  const named = Object.entries(config.plans).map(([name, handle]) => [["plans", name], handle] as const);
  const own = config.channels.map(({ plan }, index) => [["channels", index, "plan"], plan] as const);
  return [...named, ...own].flatMap(([path, handle]) =>
    handle !== undefined && namesFile(handle) ? [[path, handle] as const] : [],
  );
}

const namesFile = (handle: string): boolean => planHandleKind(handle) === "path" || /^file:/i.test(handle);

/** Any length keeps the rules that the rest of the plan keeps; which one it is only the asset knows. */
function withDurations(message: PlayoutPlan): PlayoutPlan {
  for (const segment of message.segments)
    if (segment.uri !== "") segment.duration ??= create(DurationSchema, { seconds: 1n });
  return message;
}

/** Each asset once, with the segment that names it first. */
function assetsOf({ segments }: PlayoutPlan): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, { uri }] of segments.entries())
    if (uri !== "" && !found.has(uri)) found.set(uri, `segments[${index}]: `);
  return found;
}

async function mediaWarnings(
  path: ConfigPath,
  assets: ReadonlyMap<string, string>,
  access: MediaAccess,
  limit: FileLimit,
): Promise<readonly PathFault[]> {
  const found: PathFault[] = [];
  for (const [uri, place] of assets) {
    const error = await access.check(uri, limit()).then(
      () => undefined,
      (thrown: unknown) => PlayoutError.from(thrown),
    );
    if (error === undefined) continue;
    // What follows most likely lies beside it: waiting for each in turn could take hours.
    if (error.code === "Timeout") {
      const missed = unanswered(path, "media that may be opened", place + uri);
      return [...summed(found), { ...missed, found: `${missed.found}; what follows was not looked at` }];
    }
    const { what, remedy = "Correct the plan." } = error;
    found.push({
      path,
      atKey: false,
      expected: "media that may be opened",
      found: place + sentence(what),
      remedy,
    });
  }
  return summed(found);
}

/** The first of them one by one, the rest in one. */
function summed(found: readonly PathFault[]): readonly PathFault[] {
  const [first] = found.slice(toldMax);
  return first === undefined
    ? found
    : [...found.slice(0, toldMax), { ...first, found: `${found.length - toldMax} more that may not` }];
}

const unanswered = (path: ConfigPath, expected: string, file: string): PathFault => ({
  path,
  atKey: false,
  expected,
  found: `${file}: no answer within ${patienceMs / 1_000} s`,
  remedy: "See whether its disk or its share hangs.",
});

const planFault = (path: ConfigPath, file: string, { code, what, remedy }: PlayoutError): PathFault => ({
  path,
  atKey: false,
  expected: "a plan that can air",
  found: sentence(code === "InvalidPlan" && !what.includes(file) ? `${file}: ${what}` : what),
  remedy: remedy ?? "Correct the plan file.",
});

const sentence = (text: string): string => text.replace(/\.$/, "");
