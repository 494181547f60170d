import { type Nanoseconds, ptsModulus, ptsOfTick, ptsRate, type Tick, tickAfter } from "@retrovue/core";
import { ensure, equal, eventually } from "../framework/check.js";
import { type RenderBench, renderEpoch } from "./render-bench.js";
import { onlyEncoders, type RendererRule, type RendererSubject } from "./renderer-subject.js";
import { faultsOf, streamsOf } from "./stream-checks.js";
import { packetBytes, parseTransportStream, type TransportStream } from "./transport-stream.js";

/** An AAC frame of 1 024 samples at 48 kHz, in units of 90 kHz. */
const aacStep = 1_920n;
/** Ticks that a rule plays: three groups of pictures. */
const count = 30;
/** The bench's settings ask for a key frame each 340 ms at most. */
const groupTicksMax = 10;

async function aired(
  subject: RendererSubject,
  signal: AbortSignal,
  epoch: Nanoseconds = renderEpoch,
): Promise<{ readonly bench: RenderBench; readonly stream: TransportStream }> {
  const bench = await subject.bench(signal, { epoch });
  await bench.openBus();
  const renderer = await bench.startRenderer();
  await bench.play(renderer, bench.first, count);
  await bench.hearUpTo(tickAfter(bench.first, count - 1));
  return { bench, stream: parseTransportStream(bench.stream()) };
}

const fault = (faults: readonly string[]) => equal(faults.slice(0, 5), [], "faults");

/** House time of the bench at which the PTS wraps after `ticks` more ticks. */
function wrapAfter(ticks: number): Nanoseconds {
  const wraps = (renderEpoch * ptsRate) / (1_000_000_000n * ptsModulus) + 1n;
  const wrapNs = (wraps * ptsModulus * 1_000_000_000n) / ptsRate;
  return (wrapNs - (BigInt(ticks) * 1_001_000_000_000n) / 30_000n) as Nanoseconds;
}

/** What the bytes are. */
export const streamRules: readonly RendererRule[] = [
  {
    id: "renderer/stream-is-without-fault",
    reason:
      "Receivers count packets, follow the clock (at most 40 ms apart), and mute for what comes late or far apart.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => fault(faultsOf((await aired(subject, signal)).stream, aacStep)),
  },
  {
    id: "renderer/picture-times-are-those-of-ticks",
    reason: "A restarted renderer continues the line only if the line comes from the ticks alone.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { bench, stream } = await aired(subject, signal);
      const { pictures } = streamsOf(stream);
      // The last picture has no next one that says it is whole.
      ensure(pictures.length >= count - 1, `${pictures.length} pictures of ${count}`);
      const expected = pictures.map((_, n) => ptsOfTick(bench.grid, tickAfter(bench.first, n)));
      equal(
        pictures.map(({ pts }) => pts),
        expected,
        "PTS of pictures",
      );
    },
  },
  {
    id: "renderer/sound-times-are-those-of-samples",
    reason:
      "Frames of sound lie on the sample indices divisible by 1024, so that a successor cuts where they end.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { sounds } = streamsOf((await aired(subject, signal)).stream);
      ensure(sounds.length > count / 2, `${sounds.length} frames of sound`);
      // In a whole second there is a whole number of steps: PTS 0 is sample 0 once the wraps are counted.
      const epochs = (renderEpoch * ptsRate) / (1_000_000_000n * ptsModulus);
      for (const { pts } of sounds) {
        const running = pts + epochs * ptsModulus;
        equal(running % aacStep, 0n, `PTS ${pts} of a frame of sound, beyond a frame's start`);
      }
    },
  },
  {
    id: "renderer/stream-goes-on-where-timestamps-wrap",
    reason: "PTS and PCR wrap every 26.5 hours, at whatever is on air then.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { bench, stream } = await aired(subject, signal, wrapAfter(15));
      fault(faultsOf(stream, aacStep));
      const { pictures } = streamsOf(stream);
      equal(
        pictures.map(({ pts }) => pts),
        pictures.map((_, n) => ptsOfTick(bench.grid, tickAfter(bench.first, n))),
        "PTS of pictures",
      );
      const wraps = pictures.filter(({ pts }, n) => pts < (pictures[n - 1]?.pts ?? 0n)).length;
      equal(wraps, 1, "wraps within the stream");
    },
  },
  {
    id: "renderer/key-frames-come-as-often-as-asked",
    reason: "A viewer who comes between two of them waits for the next.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { pictures } = streamsOf((await aired(subject, signal)).stream);
      const keys = pictures.flatMap(({ randomAccess }, n) => (randomAccess ? [n] : []));
      equal(keys[0], 0, "the first picture that is a key frame");
      keys.forEach((key, n) => {
        const next = keys[n + 1] ?? pictures.length;
        ensure(
          next - key <= groupTicksMax,
          `a group of ${next - key} pictures, ${groupTicksMax} are allowed`,
        );
      });
    },
  },
  {
    id: "renderer/chunks-are-whole-packets-in-order",
    reason: "Outputs keep and drop whole chunks; half a packet would be two faults.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { bench } = await aired(subject, signal);
      let last: Tick = bench.first;
      for (const { bytes, tick } of bench.heard) {
        ensure(bytes.length > 0 && bytes.length % packetBytes === 0, `a chunk of ${bytes.length} bytes`);
        ensure(tick >= last && tick <= last + 1, `tick ${tick} after tick ${last}`);
        last = tick;
      }
    },
  },
  {
    id: "renderer/random-access-chunks-can-be-started-at",
    reason: "A viewer gets the last group from its start: tables, key frame, clock and sound must be there.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const { bench } = await aired(subject, signal);
      const starts = bench.heard.flatMap(({ randomAccess }, n) => (randomAccess ? [n] : []));
      ensure(starts.length >= 2, `${starts.length} random access points`);
      for (const start of starts.slice(0, -1)) {
        const rest = parseTransportStream(Buffer.concat(bench.heard.slice(start).map(({ bytes }) => bytes)));
        fault(rest.faults);
        equal([rest.associations[0], rest.maps[0]], [0, 1], "packets of the first tables");
        const { pictures, sounds } = streamsOf(rest);
        ensure(pictures[0]?.randomAccess, "the first picture is a key frame");
        ensure(sounds.length > 0, "sound follows");
        equal(rest.clocks[0]?.packet, pictures[0]?.packet, "the packet of the first clock reference");
      }
    },
  },
  {
    id: "renderer/bytes-leave-on-the-clock",
    reason: "A burst overruns small receivers; bytes after their time starve them.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      // A second and more of ticks at once, while time stands.
      const ahead = 40;
      const bench = await subject.bench(signal, { leadTicks: ahead });
      await bench.openBus();
      await bench.startRenderer();
      for (let n = 0; n < ahead - 10; n++) await bench.submit(tickAfter(bench.first, n));
      for (let n = 0; n < 10; n++) {
        const at = tickAfter(bench.first, n);
        bench.moveTo(bench.grid.tickTime(at));
        const isHeard = () => (bench.heard.some(({ tick }) => tick === at) ? true : undefined);
        await eventually(isHeard, `The bytes of tick ${at}`, signal);
      }
      for (const { tick, at } of bench.heard) {
        const aheadMs = Number(bench.grid.tickTime(tick) - at) / 1e6;
        ensure(aheadMs <= 500, `bytes of tick ${tick} left ${aheadMs} ms ahead`);
      }
      ensure(bench.heard.length >= 10, `${bench.heard.length} chunks of 10 ticks`);
    },
  },
  {
    id: "renderer/a-successor-continues-the-line",
    reason: "A render process that was replaced must not look like another programme to receivers.",
    notApplicable: onlyEncoders,
    check: async (subject, signal) => {
      const bench = await subject.bench(signal);
      await bench.openBus();
      const first = await bench.startRenderer();
      await bench.play(first, bench.first, 12);
      await bench.hearUpTo(tickAfter(bench.first, 11));
      await first[Symbol.asyncDispose]();
      const began = bench.heard.length;
      const second = await bench.startRenderer();
      const resumed = tickAfter(bench.first, 15);
      await bench.play(second, resumed, 12);
      await bench.hearUpTo(tickAfter(bench.first, 26));
      // What is counted anew says so, or the join is a fault in the stream.
      const whole = parseTransportStream(bench.stream());
      fault(whole.faults);
      const mine = bench.heard.slice(began).map(({ bytes }) => bytes);
      for (const { pts } of streamsOf(parseTransportStream(Buffer.concat(mine))).pictures) {
        const isTick = bench.heard.some(({ tick }) => ptsOfTick(bench.grid, tick) === pts);
        ensure(isTick, `PTS ${pts} is that of a tick`);
      }
    },
  },
];
