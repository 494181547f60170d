import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { createPlan, type Nanoseconds, type Plan, PlayoutError, type Tick } from "@retrovue/core";
import { planFromJson, planFromWire, planToJson, planToWire } from "@retrovue/protocol";
import { z } from "zod";
import type { Log } from "../log/log.js";

/** The form of the files; another one is not read. */
const version = 1;

/**
 * A plan that takes another one's place from a tick on, where one plan cannot say both what airs before that tick and what
 * airs after it: a loop that begins later.
 */
export interface FollowingPlan {
  /** The tick from which on it holds. */
  readonly at: Tick;
  /** Its revision is the one after that of the plan which it follows. */
  readonly plan: Plan;
}

/** A plan as it was applied to a channel. */
export interface SavedPlan {
  readonly plan: Plan;
  /** What it was made from; undefined for one that came as a value. */
  readonly handle: string | undefined;
  /** The handle that the configuration gave the channel then: another one now means that it was changed since. */
  readonly configured: string | undefined;
  /** What comes after it. */
  readonly following?: FollowingPlan;
  /** The revision that its sender knows it by, where it followed that one. */
  readonly toldAs?: number;
}

const fileSchema = z.object({
  version: z.literal(version),
  channel: z.int(),
  handle: z.string().nullable(),
  configured: z.string().nullable(),
  revision: z.int().min(1),
  plan: z.unknown(),
  following: z.object({ at: z.int().min(0), plan: z.unknown() }).optional(),
  toldAs: z.int().min(1).optional(),
});

const nsPerDay = 86_400_000_000_000n;

/**
 * Applied plans in the data folder, one file a channel, so that a channel goes on where it would be after a restart. A file is
 * replaced whole or not at all. Nothing here ever keeps a channel off air: what fails is logged.
 */
export class SavedPlans {
  readonly #folder: string;
  readonly #log: Log;
  /** Per channel the write under way, so that two never overlap. */
  readonly #writing = new Map<number, Promise<void>>();
  /** Per channel the newest plan that waits for its turn; older ones are never written. */
  readonly #waiting = new Map<number, SavedPlan>();

  /** @param dataDir the engine's data folder; made when first needed */
  constructor(dataDir: string, log: Log) {
    this.#folder = join(dataDir, "plans");
    this.#log = log;
  }

  /** The channel's plan as it was last applied. A file that cannot be understood is set aside and told. */
  async load(channel: number): Promise<SavedPlan | undefined> {
    const file = this.#fileOf(channel);
    // A channel that is started again right after it was given a plan goes on with that one.
    await this.#writing.get(channel);
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT")
        this.#log.error({ channel, err: thrown, file }, "the saved plan cannot be read");
      return undefined;
    }
    try {
      return savedPlanOf(text);
    } catch (thrown) {
      this.#log.error({ channel, err: thrown, file }, "the saved plan is not understood and is set aside");
      await rename(file, `${file}.bad`).catch(() => {});
      return undefined;
    }
  }

  /** Writes it in the background; a newer one that comes meanwhile is written next, those in between never. */
  save(channel: number, saved: SavedPlan): void {
    this.#waiting.set(channel, saved);
    if (this.#writing.has(channel)) return;
    const work = this.#drain(channel).finally(() => this.#writing.delete(channel));
    this.#writing.set(channel, work);
  }

  /** Resolves when everything handed over so far is written, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  /** Removes files of channels that are not `kept` and were not written since `before`; told as house time. */
  async prune(kept: ReadonlySet<number>, now: Nanoseconds, keepDays: number): Promise<void> {
    const oldestMs = Number((now - BigInt(keepDays) * nsPerDay) / 1_000_000n);
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const channel = Number(/^channel-(\d+)\.json/.exec(name)?.[1] ?? Number.NaN);
      const isCurrent = kept.has(channel) && name === this.#nameOf(channel);
      if (Number.isNaN(channel) || isCurrent) continue;
      const file = join(this.#folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined && found.mtimeMs < oldestMs) await rm(file, { force: true }).catch(() => {});
    }
  }

  async #drain(channel: number): Promise<void> {
    for (let next = this.#waiting.get(channel); next !== undefined; next = this.#waiting.get(channel)) {
      this.#waiting.delete(channel);
      try {
        await this.#write(channel, next);
      } catch (thrown) {
        this.#log.error({ channel, err: thrown }, "the plan is not saved: a restart would not go on with it");
      }
    }
  }

  async #write(channel: number, saved: SavedPlan): Promise<void> {
    const { plan, handle, configured, following, toldAs } = saved;
    const content = {
      version,
      channel,
      handle: handle ?? null,
      configured: configured ?? null,
      revision: plan.revision,
      plan: planToJson(planToWire(plan)),
      ...(following && { following: { at: following.at, plan: planToJson(planToWire(following.plan)) } }),
      ...(toldAs !== undefined && { toldAs }),
    };
    await mkdir(this.#folder, { recursive: true });
    const file = this.#fileOf(channel);
    const draft = `${file}.new`;
    {
      await using written = await open(draft, "w", 0o640);
      await written.writeFile(JSON.stringify(content));
      // Without it a power cut could leave the new name with no content.
      await written.sync();
    }
    await rename(draft, file);
  }

  #fileOf(channel: number): string {
    return join(this.#folder, this.#nameOf(channel));
  }

  #nameOf(channel: number): string {
    return `channel-${channel}.json`;
  }
}

/** What the text of a saved plan's file says. Throws for anything else. */
export function savedPlanOf(text: string): SavedPlan {
  const { handle, configured, revision, plan, following, toldAs } = fileSchema.parse(JSON.parse(text));
  return {
    plan: planOf(plan, revision),
    handle: handle ?? undefined,
    configured: configured ?? undefined,
    ...(following && { following: { at: following.at as Tick, plan: planOf(following.plan, revision + 1) } }),
    ...(toldAs !== undefined && { toldAs }),
  };
}

function planOf(json: unknown, revision: number): Plan {
  const draft = planFromWire(planFromJson(json), { revision });
  if (draft.start === undefined) throw new PlayoutError("InvalidPlan", "It has no start.");
  return createPlan({ ...draft, start: draft.start });
}
