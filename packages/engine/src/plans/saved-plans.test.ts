import {
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  HouseGrid,
  mediaTime,
  nanoseconds,
  type PlanDraft,
  rational,
  startPlan,
  type Tick,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { planToBegin } from "./resume.js";
import { SavedPlans } from "./saved-plans.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const tickAt = (seconds: number) => (1_767_225_600 * 25 + seconds * 25) as Tick;

function draftOf(uris: readonly string[], end: "loop" | "pad" = "loop", seconds = 10): PlanDraft {
  return {
    revision: 1,
    start: undefined,
    end,
    segments: uris.map((uri, index) => ({
      id: String(index + 1).padStart(32, "0"),
      kind: "content",
      asset: { uri, title: "A Tïtle" },
      inPoint: mediaTime(40_000_001n),
      duration: nanoseconds(BigInt(seconds) * 1_000_000_000n),
      start: undefined,
      gainDb: -2.5,
      fadeInNs: nanoseconds(200_000_000n),
      fadeOutNs: nanoseconds(0n),
      aspect: "crop",
      labels: { event: "7" },
    })),
  };
}

function store() {
  const folder = mkdtempDisposableSync(join(tmpdir(), "playout-saved-"));
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", now: () => 0n, write: (line) => lines.push(line) });
  const plans = join(folder.path, "plans");
  return { plans, lines, saved: new SavedPlans(folder.path, log), [Symbol.dispose]: () => folder.remove() };
}

describe("plans/saved", () => {
  const plan = startPlan(draftOf(["/a.mp4", "/b.mp4"]), tickAt(0), grid);

  test("plans/saved-and-loaded-are-equal", async () => {
    using there = store();
    expect(await there.saved.load(1)).toBeUndefined();
    there.saved.save(1, { plan, handle: "evening", configured: "evening" });
    await there.saved.settled();
    expect(await there.saved.load(1)).toEqual({ plan, handle: "evening", configured: "evening" });
    expect(readdirSync(there.plans)).toEqual(["channel-1.json"]);
    expect(JSON.parse(readFileSync(join(there.plans, "channel-1.json"), "utf8")).version).toBe(1);
    const following = { at: tickAt(30), plan: { ...plan, revision: 2 } };
    const last = { plan, handle: undefined, configured: undefined, following, toldAs: 7 };
    there.saved.save(1, last);
    // Whoever asks meanwhile gets what was handed over.
    expect(await there.saved.load(1)).toEqual(last);
  });

  test("plans/of-many-applied-at-once-the-newest-stays", async () => {
    using there = store();
    for (let revision = 1; revision <= 20; revision++) {
      there.saved.save(1, { plan: { ...plan, revision }, handle: undefined, configured: "x" });
    }
    await there.saved.settled();
    expect(await there.saved.load(1)).toMatchObject({ plan: { revision: 20 }, handle: undefined });
  });

  test.each([
    ["half", '{"version":1,"chan'],
    ["another version", '{"version":2}'],
    ["no plan", '{"version":1,"channel":1,"handle":null,"configured":null,"revision":1,"plan":{}}'],
  ])("plans/a-file-that-is-not-understood-is-set-aside: %s", async (_, text) => {
    using there = store();
    mkdirSync(there.plans);
    writeFileSync(join(there.plans, "channel-1.json"), text);
    expect(await there.saved.load(1)).toBeUndefined();
    expect(readdirSync(there.plans)).toEqual(["channel-1.json.bad"]);
    expect(there.lines.join("")).toContain("set aside");
  });

  test("plans/a-folder-that-cannot-be-written-is-told-and-nothing-else", async () => {
    using there = store();
    writeFileSync(there.plans, "a file in the folder's place");
    there.saved.save(1, { plan, handle: undefined, configured: undefined });
    await there.saved.settled();
    expect(there.lines.join("")).toContain("the plan is not saved");
  });

  test("plans/old-files-of-channels-that-are-gone-are-pruned", async () => {
    using there = store();
    for (const channel of [1, 2, 3])
      there.saved.save(channel, { plan, handle: undefined, configured: undefined });
    await there.saved.settled();
    writeFileSync(join(there.plans, "channel-1.json.bad"), "");
    writeFileSync(join(there.plans, "notes.txt"), "");
    const now = 1_767_225_600;
    for (const name of ["channel-1.json", "channel-1.json.bad", "channel-2.json", "notes.txt"]) {
      utimesSync(join(there.plans, name), now - 40 * 86_400, now - 40 * 86_400);
    }
    utimesSync(join(there.plans, "channel-3.json"), now - 10 * 86_400, now - 10 * 86_400);
    await there.saved.prune(new Set([1]), nanoseconds(BigInt(now) * 1_000_000_000n), 30);
    expect(readdirSync(there.plans).sort()).toEqual(["channel-1.json", "channel-3.json", "notes.txt"]);
  });
});

describe("plans/resume", () => {
  const draft = draftOf(["/a.mp4", "/b.mp4"]);
  const plan = startPlan(draft, tickAt(0), grid);
  const saved = { plan, handle: "evening", configured: "evening" };
  type Circumstances = Partial<Parameters<typeof planToBegin>[0]>;
  const begun = (more: Circumstances) =>
    planToBegin({ saved, configured: "evening", draft, atTick: tickAt(100), grid, ...more });
  const begin = (more: Circumstances) => begun(more)?.plan;

  test("plans/first-start-begins-at-the-first-tick", () => {
    expect(begin({ saved: undefined })).toMatchObject({ revision: 1, start: grid.tickTime(tickAt(100)) });
    expect(begin({ saved: undefined, draft: undefined })).toBeUndefined();
  });

  test("plans/a-restart-goes-on-at-the-current-place", () => {
    expect(begin({})).toBe(plan);
    expect(begin({ saved: { ...saved, handle: undefined } })).toBe(saved.plan);
  });

  test("plans/a-file-that-changed-meanwhile-is-a-new-revision-around-what-is-on-air", () => {
    // 100 s into a loop of 20 s: /a.mp4 has just begun.
    const changed = begin({ draft: draftOf(["/a.mp4", "/c.mp4"]) });
    expect(changed?.revision).toBe(2);
    expect(changed?.segments.at(-1)?.asset?.uri).toBe("/c.mp4");
    expect(changed?.start).toBe(grid.tickTime(tickAt(100)));
  });

  test("plans/another-handle-in-the-configuration-begins-its-plan", () => {
    const other = begin({ configured: "morning", draft: draftOf(["/m.mp4"]) });
    expect(other).toMatchObject({ revision: 2, start: grid.tickTime(tickAt(100)) });
  });

  test("plans/one-that-was-over-begins-again", () => {
    const once = draftOf(["/a.mp4"], "pad");
    const over = { ...saved, plan: startPlan(once, tickAt(0), grid) };
    expect(begin({ saved: over, draft: once })).toMatchObject({
      revision: 2,
      start: grid.tickTime(tickAt(100)),
    });
    expect(begin({ saved: over, draft: once, atTick: tickAt(5) })).toBe(over.plan);
  });

  test("plans/what-was-to-follow-from-a-tick-on-follows-though-the-engine-was-away-then", () => {
    const loop = { ...startPlan(draftOf(["/c.mp4"]), tickAt(30), grid), revision: 2 };
    const followed = {
      plan,
      handle: undefined,
      configured: "evening",
      following: { at: tickAt(30), plan: loop },
    };
    expect(begun({ saved: followed, atTick: (tickAt(30) - 1) as Tick })).toEqual(followed);
    for (const atTick of [tickAt(30), tickAt(77)])
      expect(begun({ saved: followed, atTick })).toMatchObject({ plan: loop, toldAs: 1 });
    expect(begun({ saved: followed })?.following).toBeUndefined();
    // Another plan in the configuration begins, and nothing follows that.
    expect(begun({ saved: followed, configured: "morning" })).not.toHaveProperty("following");
  });
});
