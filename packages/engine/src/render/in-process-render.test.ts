import {
  nanosecondsFromMs,
  type Renderer,
  type RendererCounters,
  type RendererFactory,
  SystemClock,
} from "@retrovue/core";
import { settled, VirtualHost } from "@retrovue/core/testing";
import { expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { InProcessRender } from "./in-process-render.js";
import type { RenderExit } from "./render-line.js";

/** A renderer that makes no bytes, and has seen a tick more at each look at its counters. */
class SilentRenderer implements Renderer {
  readonly finished = new Promise<void>(() => {});
  #ticks = 0;

  start(): void {}

  tap(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  counters(): RendererCounters {
    this.#ticks += 1;
    return {
      encodedFrames: this.#ticks,
      missedTicks: 0,
      lateTicks: 0,
      tornTicks: 0,
      bytes: 0,
      droppedChunks: 0,
      opens: 1,
      encodeLatency: { buckets: [], sumNs: 0 },
      frameGapNs: 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

test("render/counters-of-a-renderer-within-the-engine-are-told-each-second-whether-bytes-come-or-not", async () => {
  const host = new VirtualHost();
  using clock = new SystemClock(host);
  clock.markAired();
  const renderers: RendererFactory = { open: () => Promise.resolve(new SilentRenderer()) };
  const ticks: number[] = [];
  const exits: RenderExit[] = [];
  const line = new InProcessRender({
    task: { bus: { engineId: "t", channelId: 1 } } as never,
    clock,
    bus: {} as never,
    renderers,
    log: openLog({ level: "fatal", format: "json", now: () => 0n, write: () => {} }),
  }).spawn({
    onChunk: () => {},
    onCounters: ({ encodedFrames }) => ticks.push(encodedFrames),
    onDropped: () => {},
    onExit: (exit) => exits.push(exit),
  });
  await settled();
  await host.run(nanosecondsFromMs(3_500));
  expect(ticks).toEqual([1, 2, 3]);
  line.kill("gave nothing");
  line.kill("did not stop");
  await settled();
  await host.run(nanosecondsFromMs(3_500));
  expect(ticks).toEqual([1, 2, 3]);
  expect(exits).toEqual([{ cause: "gave nothing", isFromOutside: false }]);
});
