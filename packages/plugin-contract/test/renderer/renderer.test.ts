import * as vitest from "vitest";
import {
  declareMutants,
  type Mutant,
  RendererSubject,
  type RuleId,
  rendererContract,
  rendererSuite,
} from "../../src/index.js";
import { type PaperFlaws, PaperRendererFactory } from "./paper-renderer.js";

// What mutants are made with must not be what breaks them.
rendererContract({ runner: vitest, factory: () => new PaperRendererFactory(), title: "renderer of paper" });

const mutant = (name: string, breaks: readonly RuleId[], flaws: PaperFlaws): Mutant<RendererSubject> => ({
  name,
  breaks,
  setUp: async () => new RendererSubject(new PaperRendererFactory(flaws)),
});

declareMutants(vitest, rendererSuite, [
  mutant("repeats-a-tick", ["renderer/takes-each-tick-once"], { repeats: (tick) => tick % 8 === 0 }),
  mutant("must-find-its-bus", ["renderer/waits-for-its-bus"], { mustFindItsBus: true }),
  mutant("never-reopens", ["renderer/goes-on-over-a-replaced-bus"], { neverReopens: true }),
  mutant("retries-overruns", ["renderer/skips-what-is-held-no-more"], { retriesOverruns: true }),
  mutant("wants-workers", ["renderer/plays-stand-ins"], { wantsWorkers: true }),
  mutant("gap-in-another-unit", ["renderer/tells-how-far-ahead-it-is"], { gapInSeconds: true }),
  mutant("takes-any-format", ["renderer/refuses-a-bus-of-another-format"], { takesAnyFormat: true }),
  mutant("takes-any-layout", ["renderer/refuses-a-bus-of-another-format"], { takesAnyLayout: true }),
  mutant("miscounts", ["renderer/stream-is-without-fault"], { miscounts: true }),
  mutant(
    "tables-only-at-first",
    ["renderer/stream-is-without-fault", "renderer/random-access-chunks-can-be-started-at"],
    {
      fewTables: true,
    },
  ),
  mutant(
    "times-of-its-own",
    ["renderer/picture-times-are-those-of-ticks", "renderer/a-successor-continues-the-line"],
    {
      ownTimes: true,
    },
  ),
  mutant("sound-beside-its-frames", ["renderer/sound-times-are-those-of-samples"], { soundOff: 480 }),
  mutant("wraps-early", ["renderer/stream-goes-on-where-timestamps-wrap"], { wrapsEarly: true }),
  mutant("long-groups", ["renderer/key-frames-come-as-often-as-asked"], { groupTicks: 25 }),
  mutant("cuts-chunks", ["renderer/chunks-are-whole-packets-in-order"], { cutsChunks: true }),
  mutant("bursts", ["renderer/bytes-leave-on-the-clock"], { bursts: true }),
  mutant("hides-that-it-is-new", ["renderer/a-successor-continues-the-line"], { hidesRestart: true }),
  mutant("fails-at-the-end", ["renderer/disposal-ends-it-quietly"], { failsAtTheEnd: true }),
  mutant("ends-only-once-started", ["renderer/disposal-before-anything-is-quiet-too"], {
    endsOnlyOnceStarted: true,
  }),
  mutant(
    "works-after-the-end",
    ["renderer/use-after-disposal-is-closed", "renderer/piping-after-disposal-is-closed"],
    { worksAfterTheEnd: true },
  ),
  mutant("forgets-at-the-end", ["renderer/counters-stay-readable"], { forgetsAtTheEnd: true }),
  mutant("opens-when-aborted", ["renderer/an-aborted-opening-opens-nothing"], { opensWhenAborted: true }),
  mutant("falls-with-a-tap", ["renderer/a-tap-that-throws-is-alone"], { fallsWithATap: true }),
  mutant("takes-any-settings", ["renderer/impossible-settings-are-refused-at-start"], {
    takesAnySettings: true,
  }),
  mutant("pipes-without-heads", ["renderer/piped-records-are-the-stream"], { pipesWithoutHeads: true }),
  mutant("taps-hear-pipes", ["renderer/piped-records-are-the-stream"], { tapsHearPipes: true }),
  mutant("stands-with-its-pipe", ["renderer/a-pipe-that-takes-nothing-holds-nothing-up"], {
    standsWithItsPipe: true,
  }),
  mutant("falls-with-its-pipe", ["renderer/a-pipe-that-nobody-reads-ends-nothing"], {
    fallsWithItsPipe: true,
  }),
  mutant("stills-are-text", ["renderer/stills-are-jpegs"], { stillsAreText: true }),
]);
