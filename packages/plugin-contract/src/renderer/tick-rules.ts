import { type Renderer, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually, rejects } from "../framework/check.js";
import { renderFormat } from "./render-bench.js";
import type { RendererRule } from "./renderer-subject.js";

const done = (renderer: Renderer) => renderer.counters().encodedFrames + renderer.counters().missedTicks;

/** Which ticks a renderer takes, and what it does when the bus is not as it should be. */
export const tickRules: readonly RendererRule[] = [
  {
    id: "renderer/takes-each-tick-once",
    reason: "A tick taken twice is a repeat on air, one left out is a gap.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 30);
      const { encodedFrames, missedTicks, tornTicks, lateTicks } = renderer.counters();
      equal([encodedFrames, missedTicks, tornTicks, lateTicks], [30, 0, 0, 0], "encoded, missed, torn, late");
    },
  },
  {
    id: "renderer/waits-for-its-bus",
    reason: "Engine and renderer start together: who comes first is chance.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      const renderer = await bench.startRenderer();
      equal(renderer.counters().opens, 0, "buses opened before there is one");
      await bench.openBus();
      const isOpen = () => (renderer.counters().opens === 1 ? true : undefined);
      await eventually(isOpen, "The opening of the bus", signal);
      await bench.play(renderer, bench.first, 4);
    },
  },
  {
    id: "renderer/goes-on-over-a-replaced-bus",
    reason:
      "A channel that is stopped and started again keeps its viewers: a new bus is opened, not waited for.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 5);
      await bench.closeBus();
      await bench.openBus();
      const before = renderer.counters().encodedFrames;
      await bench.submit(bench.first);
      for (let n = 1; n < 6; n++) {
        bench.moveTo(bench.grid.tickTime(tickAfter(bench.first, n - 4)));
        await bench.submit(tickAfter(bench.first, n));
      }
      bench.moveTo(bench.grid.tickTime(tickAfter(bench.first, 2)));
      const goesOn = () => (renderer.counters().encodedFrames >= before + 3 ? true : undefined);
      await eventually(goesOn, "The ticks of the new bus", signal);
      equal(renderer.counters().opens, 2, "buses opened");
    },
  },
  {
    id: "renderer/skips-what-is-held-no-more",
    reason:
      "A renderer that was stopped for a second goes on at what can be read, and tells what it left out.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 4);
      // Two seconds at once: more than the bus holds. Stand-ins air meanwhile.
      const span = 60;
      bench.moveTo(bench.grid.tickTime(tickAfter(bench.first, span)));
      const caughtUp = () => (done(renderer) >= span ? true : undefined);
      await eventually(caughtUp, "Every tick in the stream or told as missed", signal);
      const { encodedFrames, missedTicks } = renderer.counters();
      ensure(missedTicks >= span / 2, `what was held no more is told as missed: ${missedTicks} ticks`);
      ensure(encodedFrames < span / 2, `nothing but what could be read was taken: ${encodedFrames} ticks`);
      // Guard: two ticks. Never more than there are.
      ensure(done(renderer) <= span + 4, `${done(renderer)} ticks are accounted for, and there were ${span}`);
    },
  },
  {
    id: "renderer/plays-stand-ins",
    reason: "Output never stops: with no worker at all the committer's pictures are on air.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      for (let n = 0; n <= 10; n++) {
        bench.moveTo(bench.grid.tickTime(tickAfter(bench.first, n)));
        const taken = () => (done(renderer) >= n ? true : undefined);
        await eventually(taken, `Tick ${n} of the stand-ins`, signal);
      }
      equal(renderer.counters().missedTicks, 0, "missed ticks");
    },
  },
  {
    id: "renderer/tells-how-far-ahead-it-is",
    reason: "The gap is the first thing that an operator looks at: negative is ahead of time.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 5);
      const { frameGapNs } = renderer.counters();
      const tickNs = Number(bench.grid.tickLength);
      ensure(frameGapNs >= -500_000_000 && frameGapNs <= tickNs, `a gap of ${frameGapNs} ns`);
    },
  },
  {
    id: "renderer/refuses-a-bus-of-another-format",
    reason: "Pictures of another size or layout in one stream are what encoders crash of.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      await bench.submit(bench.first);
      // Planes of 4:2:2 are twice as long as those that the bus has.
      for (const other of [{ width: renderFormat.width * 2 }, { pixelFormat: "yuv422p" as const }]) {
        const renderer = await bench.startRenderer(undefined, { ...renderFormat, ...other });
        await rejects(renderer.finished, "BusIncompatible", `a renderer of another ${Object.keys(other)}`);
        equal(renderer.counters().encodedFrames, 0, "ticks taken");
      }
    },
  },
];
