import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { PlayoutError } from "@retrovue/core";
import { type PlayoutPlan, planFromWire } from "@retrovue/protocol";
import type { PathFault } from "../../config/explain.js";
import type { ConfigPath } from "../../config/fault.js";
import type { PlayoutConfig } from "../../config/playout-config.js";
import { planHandleKind } from "../../config/rules/plans.js";
import { MediaAccess } from "../../media/media-access.js";
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

/**
 * Reads every plan file that a configuration names, as a start does, but opens no media: they are looked for, and a segment that
 * says no duration is taken to have one. A plan file that is not there was told when the configuration was read.
 */
export async function planFindings(config: PlayoutConfig, signal: AbortSignal): Promise<PlanFindings> {
  const access = new MediaAccess(config.media);
  const faults: PathFault[] = [];
  const warnings: PathFault[] = [];
  const isRefused = config.unresolvedPlan === "refuse";
  for (const [path, file] of placedFiles(config)) {
    if (!existsSync(file)) continue;
    if (!isPlanFile(file)) {
      warnings.push(...(await mediaWarnings(path, new Map([[file, ""]]), access, signal)));
      continue;
    }
    try {
      const message = await readPlanMessage(file, signal);
      planFromWire(withDurations(message), { revision: 1 });
      warnings.push(...(await mediaWarnings(path, assetsOf(message), access, signal)));
    } catch (thrown) {
      signal.throwIfAborted();
      (isRefused ? faults : warnings).push(planFault(path, file, PlayoutError.from(thrown)));
    }
  }
  return { faults, warnings };
}

/** Files that stand where a plan is named, each with that place. */
function placedFiles(config: PlayoutConfig): readonly (readonly [ConfigPath, string])[] {
  const named = Object.entries(config.plans).map(([name, handle]) => [["plans", name], handle] as const);
  const own = config.channels.map(({ plan }, index) => [["channels", index, "plan"], plan] as const);
  return [...named, ...own].flatMap(([path, handle]) => {
    const file = handle === undefined ? undefined : fileOf(handle);
    return file === undefined ? [] : [[path, file] as const];
  });
}

function fileOf(handle: string): string | undefined {
  if (planHandleKind(handle) === "path") return handle;
  return /^file:/i.test(handle) && URL.canParse(handle) ? fileURLToPath(handle) : undefined;
}

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
  signal: AbortSignal,
): Promise<readonly PathFault[]> {
  const found: PathFault[] = [];
  for (const [uri, place] of assets) {
    const error = await access.check(uri, signal).then(
      () => undefined,
      (thrown: unknown) => PlayoutError.from(thrown),
    );
    if (error === undefined) continue;
    const { what, remedy = "Correct the plan." } = error;
    found.push({
      path,
      atKey: false,
      expected: "media that may be opened",
      found: place + sentence(what),
      remedy,
    });
  }
  const [first] = found.slice(toldMax);
  return first === undefined
    ? found
    : [...found.slice(0, toldMax), { ...first, found: `${found.length - toldMax} more that may not` }];
}

const planFault = (path: ConfigPath, file: string, { code, what, remedy }: PlayoutError): PathFault => ({
  path,
  atKey: false,
  expected: "a plan that can air",
  found: sentence(code === "InvalidPlan" && !what.includes(file) ? `${file}: ${what}` : what),
  remedy: remedy ?? "Correct the plan file.",
});

const sentence = (text: string): string => text.replace(/\.$/, "");
