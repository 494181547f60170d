import { type Renderer, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually, throws } from "../framework/check.js";
import { HeardPipe } from "./heard-pipe.js";
import type { RenderBench } from "./render-bench.js";
import { onlyPipers, type RendererRule, type RendererSubject } from "./renderer-subject.js";
import { faultsOf } from "./stream-checks.js";
import { packetBytes, parseTransportStream } from "./transport-stream.js";

/** An AAC frame of 1 024 samples at 48 kHz, in units of 90 kHz. */
const aacStep = 1_920n;
/** Ticks that a rule plays: three groups of pictures. */
const count = 30;
/** The program association table begins what can be started at (ISO/IEC 13818-1, 2.4.4.3). */
const associationPid = 0;

interface Piped {
  readonly bench: RenderBench;
  readonly renderer: Renderer;
  readonly pipe: HeardPipe;
}

/** Lets a renderer write into a pipe, which it outlives by nothing. */
async function piped(
  subject: RendererSubject,
  signal: AbortSignal,
  check: (piped: Piped) => Promise<void>,
): Promise<void> {
  const bench = await subject.bench(signal);
  await bench.openBus();
  using pipe = new HeardPipe();
  const renderer = await bench.startRenderer();
  try {
    await check({ bench, renderer, pipe });
  } finally {
    await renderer[Symbol.asyncDispose]();
  }
}

function pipe(renderer: Renderer, descriptor: number): void {
  ensure(renderer.pipeTo !== undefined, "it has pipeTo; of one that has none say `pipes: false`");
  renderer.pipeTo(descriptor);
}

const pidOf = (packet: Buffer) => packet.readUInt16BE(1) & 0x1fff;

/** What a renderer does that writes its stream by itself. */
export const pipeRules: readonly RendererRule[] = [
  {
    id: "renderer/piped-records-are-the-stream",
    reason:
      "The engine fans out what comes through the pipe: whole records, each tick's in turn, marked as chunks are.",
    notApplicable: onlyPipers,
    check: (subject, signal) =>
      piped(subject, signal, async ({ bench, renderer, pipe: heard }) => {
        heard.listen();
        pipe(renderer, heard.descriptor);
        const { first } = bench;
        await bench.play(renderer, first, count);
        const last = tickAfter(first, count - 5);
        bench.moveTo(bench.grid.tickTime(tickAfter(last, 1)));
        const arrived = () => heard.records().some(({ tick }) => tick > last) || undefined;
        await eventually(arrived, `The records up to tick ${last}`, signal);
        const records = heard.records().filter(({ tick }) => tick <= last);
        const ticks = records.map(({ tick }) => tick);
        const expected = Array.from({ length: count - 4 }, (_, n) => tickAfter(first, n));
        equal([...new Set(ticks)], expected, "ticks of the records");
        equal(
          ticks.toSorted((a, b) => a - b),
          ticks,
          "ticks in order",
        );
        ensure(records[0]?.flags === 1, "the first record can be started at");
        ensure(records.filter(({ flags }) => flags === 1).length > 1, "so can later ones");
        for (const { bytes, flags, tick } of records) {
          const isWhole = bytes.length > 0 && bytes.length % packetBytes === 0;
          ensure(isWhole, `a record of ${bytes.length} bytes at tick ${tick}`);
          ensure(flags === 0 || flags === 1, `flags ${flags} at tick ${tick}`);
          ensure(
            flags === 0 || pidOf(bytes) === associationPid,
            `tables begin tick ${tick}, as its mark says`,
          );
        }
        const stream = parseTransportStream(Buffer.concat(records.map(({ bytes }) => bytes)));
        equal(faultsOf(stream, aacStep).slice(0, 5), [], "faults");
        equal(bench.heard.length, 0, "chunks at a tap");
      }),
  },
  {
    id: "renderer/a-pipe-that-takes-nothing-holds-nothing-up",
    reason:
      "An engine that stands still must find the channel at its tick again, and whole records in the pipe.",
    notApplicable: onlyPipers,
    check: (subject, signal) =>
      piped(subject, signal, async ({ bench, renderer, pipe: heard }) => {
        heard.fill();
        pipe(renderer, heard.descriptor);
        await bench.play(renderer, bench.first, count);
        heard.listen();
        await bench.play(renderer, tickAfter(bench.first, count), count);
        const arrived = () =>
          heard.records().some(({ tick }) => tick >= tickAfter(bench.first, count)) || undefined;
        await eventually(arrived, "The records after the jam", signal);
        const [begin] = heard.records();
        ensure(
          begin?.flags === 1 && pidOf(begin.bytes) === associationPid,
          "the first record can be started at",
        );
        for (const { bytes, tick } of heard.records())
          ensure(
            bytes.length % packetBytes === 0 && tick >= bench.first,
            `a record of tick ${tick} is whole`,
          );
      }),
  },
  {
    id: "renderer/a-pipe-that-nobody-reads-ends-nothing",
    reason:
      "The engine's end of the pipe may go before its word to stop comes: that is no failure of the renderer.",
    notApplicable: onlyPipers,
    check: (subject, signal) =>
      piped(subject, signal, async ({ bench, renderer, pipe: heard }) => {
        let failure: unknown;
        renderer.finished.catch((thrown: unknown) => {
          failure = thrown;
        });
        pipe(renderer, heard.descriptor);
        heard.leave();
        await bench.play(renderer, bench.first, count);
        await renderer[Symbol.asyncDispose]();
        equal(failure, undefined, "what it failed with");
      }),
  },
  {
    id: "renderer/piping-after-disposal-is-closed",
    reason: "A descriptor that nobody writes to would be taken for a channel without bytes.",
    notApplicable: onlyPipers,
    check: (subject, signal) =>
      piped(subject, signal, async ({ renderer, pipe: heard }) => {
        await renderer[Symbol.asyncDispose]();
        throws(() => pipe(renderer, heard.descriptor), "Closed", "pipeTo after disposal");
      }),
  },
];
