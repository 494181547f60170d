import { type Nanoseconds, nanosecondsFromMs, type StandInReason } from "@retrovue/core";
import { changedMeta } from "./changed-writer.js";
import { keepingWriter } from "./keeping-writer.js";
import { type Mutant, mutant } from "./mutation.js";

/** So long that nobody waits for it. */
const anHourNs = nanosecondsFromMs(3_600_000);

/** What a channel that does not look closely calls "late". */
const glossedOver: ReadonlySet<StandInReason> = new Set(["decodeFailed", "openFailed", "quarantined"]);

/** Channels that stand in wrongly, or tell wrongly what they show. */
export const standInMutants: readonly Mutant[] = [
  mutant(
    "hold-across-a-seam",
    "A segment that has no picture yet goes on showing the one before it.",
    "stand-in/hold-stays-in-its-airing",
    () => ({ writer: keepingWriter }),
  ),
  mutant("never-holds", "Slate airs where a picture could be held.", "stand-in/hold-before-slate", () => ({
    settings: (settings) => ({
      ...settings,
      holdNsMax: 0n as Nanoseconds,
      shortHoldNs: 0n as Nanoseconds,
    }),
  })),
  mutant("hold-without-a-bound", "The last picture is held for ever.", "stand-in/hold-is-bounded", () => ({
    settings: (settings) => ({ ...settings, holdNsMax: anHourNs }),
  })),
  mutant(
    "short-media-held",
    "Media that ended early is held like a fault.",
    "stand-in/hold-is-bounded",
    () => ({ settings: (settings) => ({ ...settings, shortHoldNs: settings.holdNsMax }) }),
  ),
  mutant("untrue-reason", "Whatever fails is told as late.", "stand-in/true-reason", () => ({
    writer: (writer) =>
      changedMeta(writer, (meta) =>
        glossedOver.has(meta.standInReason) ? { ...meta, standInReason: "late" } : meta,
      ),
  })),
  mutant(
    "repeat-not-told",
    "A picture shown again is told as a new one.",
    "picture/repeat-told-truly",
    () => ({
      writer: (writer) => changedMeta(writer, (meta) => ({ ...meta, repeat: false })),
    }),
  ),
  mutant("late-take-not-told", "A take that came too late is not reported.", "take/late-is-reported", () => ({
    writer: (writer) => changedMeta(writer, (meta) => ({ ...meta, late: false })),
  })),
  mutant(
    "late-take-glossed-over",
    "A take that came too late is told as an opening.",
    "take/late-is-reported",
    () => ({
      writer: (writer) =>
        changedMeta(writer, (meta) =>
          meta.standInReason === "lateTake" ? { ...meta, standInReason: "opening", late: false } : meta,
        ),
    }),
  ),
  mutant(
    "break-not-told",
    "A return from a stand-in is told as if nothing had been.",
    "picture/break-told-truly",
    () => ({
      writer: (writer) => changedMeta(writer, (meta) => ({ ...meta, discontinuity: false })),
    }),
  ),
];
