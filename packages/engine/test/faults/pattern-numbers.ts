import type { WatchedProgramme } from "./tick-watch.ts";

/** Ticks a second of every campaign, and pictures of what it plays. */
export const campaignRate = 25;

/** Ten minutes of the pattern decoder's pictures, each with its number in it. */
export const numbersUri = "test://pattern?duration=600s&size=16x16&mark=compact";

/** What a watch must know of them. */
export const numbers = {
  width: 16,
  height: 16,
  mark: "compact",
  frames: 600 * campaignRate,
} as const satisfies WatchedProgramme;

/** One channel that airs them, without outputs. */
export const numbersConfig = {
  decoders: [{ use: "@retrovue/decoder-pattern" }],
  conformer: { use: "@retrovue/engine/plugins/copy-conformer" },
  defaults: { format: { width: 16, height: 16, frameRate: campaignRate }, historyMs: 4_000 },
  channels: [{ id: 1, name: "One", plan: numbersUri, outputs: [] }],
};
