import { type EncodeSettings, PlayoutError, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually, rejects, throws } from "../framework/check.js";
import { renderFormat, renderSettings } from "./render-bench.js";
import { onlyEncoders, type RendererRule } from "./renderer-subject.js";

/** How renderers start, end, and treat those who listen. */
export const lifeRules: readonly RendererRule[] = [
  {
    id: "renderer/disposal-ends-it-quietly",
    reason:
      "SIGTERM drains within seconds: an end that was asked for is no failure, and may be asked for twice.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 3);
      await Promise.all([renderer[Symbol.asyncDispose](), renderer[Symbol.asyncDispose]()]);
      await renderer[Symbol.asyncDispose]();
      await renderer.finished;
    },
  },
  {
    id: "renderer/disposal-before-anything-is-quiet-too",
    reason: "A channel may be stopped before its bus is there, or before its renderer was started.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      const idle = await bench.openRenderer();
      const waiting = await bench.startRenderer();
      await Promise.all([idle, waiting].map((renderer) => renderer[Symbol.asyncDispose]()));
      await Promise.all([idle.finished, waiting.finished]);
    },
  },
  {
    id: "renderer/use-after-disposal-is-closed",
    reason: "Native threads are gone by then; the line that did it is where it must be told.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      const renderer = await bench.openRenderer();
      await renderer[Symbol.asyncDispose]();
      throws(() => renderer.tap({ write: () => {} }), "Closed", "tap after disposal");
      const start = () => renderer.start(bench.source, bench.clock, renderSettings);
      throws(start, "Closed", "start after disposal");
    },
  },
  {
    id: "renderer/counters-stay-readable",
    reason: "Metrics are collected whenever somebody asks: before the start and after the end as well.",
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const idle = await bench.openRenderer();
      equal(
        [idle.counters().encodedFrames, idle.counters().bytes],
        [0, 0],
        "frames and bytes before the start",
      );
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 5);
      await renderer[Symbol.asyncDispose]();
      const { encodedFrames, encodeLatency } = renderer.counters();
      ensure(encodedFrames >= 5, `${encodedFrames} frames after the end`);
      const observed = encodeLatency.buckets.reduce((sum, some) => sum + some, 0);
      ensure(observed >= 5, `${observed} latencies of 5 ticks`);
      ensure(encodeLatency.sumNs >= 0, "a sum of latencies");
    },
  },
  {
    id: "renderer/an-aborted-opening-opens-nothing",
    reason: "What was given up while it was opened is nobody's to dispose.",
    check: async (subject) => {
      const opening = subject.factory.open(
        renderFormat,
        AbortSignal.abort(new PlayoutError("Cancelled", "Not wanted any more.")),
      );
      await rejects(opening, "Cancelled", "an aborted opening");
    },
  },
  {
    id: "renderer/a-tap-that-throws-is-alone",
    reason: "One output's fault is not the others'.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.openRenderer();
      renderer.tap({
        write: () => {
          throw new Error("This output is broken.");
        },
      });
      let heard = 0;
      const gone = renderer.tap({ write: () => ensure(false, "a tap that was disposed hears nothing") });
      renderer.tap({ write: () => void heard++ });
      gone[Symbol.dispose]();
      renderer.start(bench.source, bench.clock, renderSettings);
      await bench.play(renderer, bench.first, 6);
      // Time stands four ticks before the last: two have left at least.
      bench.moveTo(bench.grid.tickTime(tickAfter(bench.first, 4)));
      await eventually(() => (heard >= 2 ? true : undefined), "Two chunks at the other tap", signal);
    },
  },
  {
    id: "renderer/impossible-settings-are-refused-at-start",
    reason: "A channel that cannot be encoded is an error in the configuration, not silence on air.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      const impossible: EncodeSettings[] = [
        { ...renderSettings, video: { ...renderSettings.video, codec: "theora" as "h264" } },
        { ...renderSettings, video: { ...renderSettings.video, bitrateKbps: -1 } },
        { ...renderSettings, audio: { ...renderSettings.audio, codec: "opus" as "aac" } },
      ];
      for (const settings of impossible) {
        const renderer = await bench.openRenderer();
        let thrown: unknown;
        try {
          renderer.start(bench.source, bench.clock, settings);
        } catch (error) {
          thrown = error;
        }
        const isRefused =
          PlayoutError.is(thrown, "InvalidConfig") || PlayoutError.is(thrown, "UnsupportedMedia");
        ensure(
          isRefused,
          `${JSON.stringify(settings)} is InvalidConfig or UnsupportedMedia, not ${String(thrown)}`,
        );
      }
    },
  },
  {
    id: "renderer/stills-are-jpegs",
    reason: "The page of channels shows one of each, and operators look there first.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const renderer = await bench.startRenderer();
      await bench.play(renderer, bench.first, 3);
      ensure(renderer.snapshot !== undefined, "it makes stills");
      const [first, second] = await Promise.all([
        renderer.snapshot({ maxWidth: 96 }, signal),
        renderer.snapshot({}, signal),
      ]);
      for (const still of [first, second]) {
        const ends = [still[0], still[1], still.at(-2), still.at(-1)];
        equal(ends, [0xff, 0xd8, 0xff, 0xd9], "first and last bytes");
      }
    },
  },
];
