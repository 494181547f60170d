import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  constantRate,
  exactPicture,
  type Rounding,
  roundings,
  type Source,
  timesOf,
} from "../../test/cadence-golden.js";
import { endOfMedia } from "../media/picture.js";
import { HouseGrid } from "../time/house-grid.js";
import { formatRational, type Rational, rational } from "../time/rational.js";
import { standardRates } from "../time/standard-rates.js";
import { type MediaTime, mediaTime, nanoseconds, type Tick, tick, tickAfter } from "../time/units.js";
import { airedPictures, cadenceStep, pictureFor, targetTime } from "./cadence.js";

const r23 = rational(24_000, 1_001);
const r29 = rational(30_000, 1_001);
const r60 = rational(60, 1);
const house = new HouseGrid(r29, 48_000);
/** Somewhere in this century, where ticks and wall clock have no round relation. */
const anyTick = tick(53_123_456_789);

describe.each(roundings)("times $name", (rounding) => {
  test("lesson/01-film-on-29.97-runs-at-its-own-speed", () => {
    const ticks = 1_798; // 60 s
    const times = timesOf(constantRate(r23, 1_500, rounding));
    const aired = airedPictures(times, mediaTime(0n), house, 0, ticks);
    expect(aired).toEqual(aired.map((_, n) => Math.floor((n * 4) / 5)));
    for (let n = 0; n + 5 <= ticks; n += 5) expect(new Set(aired.slice(n, n + 5)).size).toBe(4);
    const frameNs = 41_708_334n;
    for (const [n, k] of aired.entries()) {
      const error = house.length(n) - times[k]!;
      expect(error > -2_000_000n && error < frameNs + 2_000_000n).toBe(true);
    }
  });
});

describe.each(roundings.filter(({ unitsPerSecond }) => unitsPerSecond === 1_000n))(
  "times $name",
  (rounding) => {
    test.each(standardRates.map((rate) => [formatRational(rate), rate] as const))(
      "lesson/05-same-rate-material-neither-repeats-nor-drops at %s",
      (_name, rate) => {
        // Three hours, from a picture in mid-file, whose own rounding is the worst there is.
        const grid = new HouseGrid(rate, 48_000);
        const ticks = Math.floor((3 * 3600 * rate.num) / rate.den);
        const source = constantRate(rate, ticks + 1_001, rounding, 777_777_777n);
        const first = 1_000;
        const snappedIn = source.timeOf(first);
        let k = first;
        let next: MediaTime | typeof endOfMedia = source.timeOf(k + 1);
        for (let n = 0; n < ticks; n++) {
          const target = targetTime(snappedIn, grid.length(n));
          while (cadenceStep(target, next) === "advance") {
            k++;
            next = k + 1 < source.count ? source.timeOf(k + 1) : endOfMedia;
          }
          if (k !== first + n) throw new Error(`tick ${n} shows picture ${k - first}`);
        }
        expect(k).toBe(first + ticks - 1);
      },
    );
  },
);

/** One segment as a channel has it on air. */
interface Piece {
  readonly source: Source;
  readonly rate: Rational;
  readonly inPoint: MediaTime;
  readonly first: Tick;
  readonly end: Tick;
}

interface Airing {
  readonly piece: Piece;
  /** Ticks since the piece's first. */
  readonly n: number;
  readonly k: number;
}

/** A tick loop over several pieces, whatever lies between them, with one picture of look-ahead in each. */
function* air(pieces: readonly Piece[]): Generator<Airing> {
  for (const piece of pieces) {
    const { source } = piece;
    let k = pictureFor(timesOf(source), piece.inPoint);
    const snappedIn = source.timeOf(k);
    for (let at = piece.first; at < piece.end; at = tickAfter(at, 1)) {
      const target = targetTime(snappedIn, house.length(at - piece.first));
      while (cadenceStep(target, k + 1 < source.count ? source.timeOf(k + 1) : endOfMedia) === "advance") k++;
      yield { piece, n: at - piece.first, k };
    }
  }
}

/** The mutant: a frame-rate converter that keeps the step it has settled on until it has seen a second of the new rate. */
function* airCarryingState(pieces: readonly Piece[]): Generator<Airing> {
  let step: number | undefined;
  for (const piece of pieces) {
    const own = piece.rate.num / piece.rate.den / (r29.num / r29.den);
    let k = pictureFor(timesOf(piece.source), piece.inPoint);
    for (let n = 0; n < piece.end - piece.first; n++) {
      yield { piece, n, k: Math.floor(k + 0.001) };
      k += n < 30 ? (step ?? own) : own;
    }
    step = own;
  }
}

/** What is not exactly what its piece would show if it were alone in the world. */
const wrongSpeed = (airing: Iterable<Airing>, inFrame: number) =>
  [...airing].filter(({ piece, n, k }) => k !== inFrame + exactPicture(piece.rate, r29, n));

test("lesson/03-no-cadence-crosses-a-seam", () => {
  // Advert at 60, film at 23.976, programme at 29.97; seams on odd ticks, gaps, and the film again after one.
  const rates = [r60, r23, r29, r60, r23, r29, r23];
  const piecesOf = (rounding: Rounding, lengths: number[], gaps: number[], inFrame: number) => {
    let at: Tick = anyTick;
    return rates.map((rate, i): Piece => {
      const source = constantRate(rate, 400, rounding);
      const first = tickAfter(at, gaps[i]!);
      at = tickAfter(first, lengths[i]!);
      return { source, rate, inPoint: source.timeOf(inFrame), first, end: at };
    });
  };
  const perPiece = <T>(value: fc.Arbitrary<T>) =>
    fc.array(value, { minLength: rates.length, maxLength: rates.length });
  fc.assert(
    fc.property(
      fc.constantFrom(...roundings),
      perPiece(fc.integer({ min: 1, max: 90 })),
      perPiece(fc.constantFrom(0, 0, 1, 7, 200)),
      fc.integer({ min: 0, max: 100 }),
      (rounding, lengths, gaps, inFrame) => {
        expect(wrongSpeed(air(piecesOf(rounding, lengths, gaps, inFrame)), inFrame)).toEqual([]);
      },
    ),
  );

  const plain = piecesOf(
    roundings[0]!,
    rates.map(() => 60),
    rates.map(() => 0),
    0,
  );
  const first = wrongSpeed(airCarryingState(plain), 0)[0];
  expect(first?.piece.rate).toEqual(r23);
  expect(first?.n).toBe(1);
});

test("lesson/04-variable-rate-is-selected-by-timestamps", () => {
  // A phone's recording: the header claims 60 fps, pictures come at 28.6 on average, from 1/60 s to 1/8 s apart.
  const steps = fc.array(fc.integer({ min: 16_667, max: 125_000 }), { minLength: 900, maxLength: 900 });
  fc.assert(
    fc.property(steps, (micros) => {
      // Scaled so that the average is 28.6 fps over the whole.
      const mean = micros.reduce((sum, step) => sum + step, 0) / micros.length;
      const scale = 1e6 / 28.6 / mean;
      const times = [mediaTime(0n)];
      for (const step of micros)
        times.push(mediaTime(times.at(-1)! + BigInt(Math.round(step * scale)) * 1_000n));
      const ticks = house.tickAtOrBefore(nanoseconds(times.at(-1)!));
      const aired = airedPictures(times, mediaTime(0n), house, 0, ticks + 1);
      for (const [n, k] of aired.entries()) {
        // Sound is at `elapsed`; the picture on screen began before (or within 2 ms), the next one later.
        const sound = house.length(n);
        if (times[k]! > sound + 2_000_000n) throw new Error(`tick ${n} is early`);
        if (k + 1 < times.length && times[k + 1]! <= sound + 2_000_000n) throw new Error(`tick ${n} is late`);
      }
      // At the end picture and sound are together: the last picture airs within one tick of its time.
      expect(aired.at(-1)! >= times.length - 2).toBe(true);
      // The mutant, counting by the claimed 60 fps, has run out of pictures halfway.
      const byClaim = Math.floor((ticks / 2) * (60 / (30_000 / 1_001)));
      expect(byClaim).toBeGreaterThan(aired[Math.floor(ticks / 2)]! + 300);
    }),
    { numRuns: 40 },
  );
});
