import { boundariesOf } from "./boundaries.ts";
import { Random } from "./random.ts";

/** A file that is damaged. */
export interface FuzzClip {
  /** What people call it: "mp4-h264-aac", "awkward/hevc.ts". */
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Bytes that replace what is at a place. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** One file with its damage, known by its number alone. */
export interface FuzzCase {
  readonly number: number;
  readonly clip: FuzzClip;
  readonly patches: readonly Patch[];
  /** Bytes that are left of it. */
  readonly cut: number | undefined;
}

/** One case in so many is a file cut at a boundary, until every boundary has been had. */
const cutEvery = 2;
/** Headers lie at the ends. */
const edgeBytes = 4_096;
const flipsMax = 40;
/** Numbers that lengths and counts break on. */
const oddNumbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0];

/**
 * All cases of a seed over a set of clips: case `n` is the same whenever it is asked for. Cuts at the boundaries of all
 * files come in shuffled order, each once; between them files with flipped bytes, odd lengths, and both.
 */
export class FuzzCases {
  readonly #seed: number;
  readonly #clips: readonly FuzzClip[];
  readonly #boundaries: readonly number[][];
  /** Indices into all clips' boundaries behind each other. */
  readonly #order: Float64Array;
  readonly #starts: readonly number[];

  constructor(seed: number, clips: readonly FuzzClip[]) {
    this.#seed = seed;
    this.#clips = clips;
    this.#boundaries = clips.map(({ bytes }) => boundariesOf(bytes));
    let total = 0;
    this.#starts = this.#boundaries.map((list) => {
      total += list.length;
      return total - list.length;
    });
    this.#order = Float64Array.from({ length: total }, (_, index) => index);
    new Random(seed).shuffle(this.#order);
  }

  /** Boundaries of all clips together. */
  get boundaryCount(): number {
    return this.#order.length;
  }

  /** Boundaries that the first `cases` cases have cut at. */
  boundariesWithin(cases: number): number {
    return Math.min(Math.ceil(cases / cutEvery), this.#order.length);
  }

  at(number: number): FuzzCase {
    const index = this.#order[number / cutEvery];
    if (index !== undefined) return this.#cutAt(number, index);
    const random = new Random(this.#seed, number);
    const chosen = random.below(this.#clips.length);
    const clip = this.#clips[chosen]!;
    const boundaries = this.#boundaries[chosen]!;
    const patches = random.below(4) === 0 ? [] : flips(clip.bytes, boundaries, random);
    // Damage that cuts nothing leaves more to go wrong; a file that is whole is no case.
    const isCut = patches.length === 0 || random.below(6) === 0;
    const cut = isCut ? Math.max(1, random.pick(boundaries) + random.below(9) - 4) : undefined;
    return { number, clip, patches, cut };
  }

  #cutAt(number: number, index: number): FuzzCase {
    let chosen = this.#starts.length - 1;
    while (this.#starts[chosen]! > index) chosen--;
    const cut = this.#boundaries[chosen]![index - this.#starts[chosen]!]!;
    return { number, clip: this.#clips[chosen]!, patches: [], cut };
  }
}

function flips(bytes: Uint8Array, boundaries: readonly number[], random: Random): Patch[] {
  const count = 1 + random.below(random.below(2) === 0 ? 4 : flipsMax);
  return Array.from({ length: count }, () => {
    const kind = random.below(8);
    const offset = Math.min(placeIn(bytes.length, boundaries, random), Math.max(bytes.length - 1, 0));
    if (kind < 3) return { offset, bytes: Uint8Array.of(random.below(256)) };
    if (kind < 6) return { offset, bytes: Uint8Array.of((bytes[offset] ?? 0) ^ (1 << random.below(8))) };
    if (kind < 7) return { offset, bytes: oddNumber(random) };
    // Something of the file where it does not belong.
    const from = random.below(bytes.length);
    return { offset, bytes: bytes.slice(from, from + 1 + random.below(64)) };
  });
}

function placeIn(length: number, boundaries: readonly number[], random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(Math.min(length, edgeBytes));
    case 1:
      return length - 1 - random.below(Math.min(length, edgeBytes));
    case 2:
      // Where a part begins its kind and size are.
      return random.pick(boundaries) + random.below(24);
    default:
      return random.below(length);
  }
}

function oddNumber(random: Random): Uint8Array {
  const bytes = new Uint8Array(random.pick([1, 2, 4, 8]));
  const number = random.pick(oddNumbers);
  const isLittle = random.below(2) === 0;
  for (let i = 0; i < Math.min(bytes.length, 4); i++) {
    bytes[isLittle ? i : bytes.length - 1 - i] = Math.floor(number / 2 ** (8 * i)) % 256;
  }
  return bytes;
}

/** A case as the players read it. */
export function lineOf({ number, clip, patches, cut }: FuzzCase): string {
  const words = patches.map(({ offset, bytes }) => `${offset}:${Buffer.from(bytes).toString("hex")}`);
  return `${number} ${cut ?? -1} ${words.join(",") || "-"} ${clip.path}`;
}

/** The damaged file itself. */
export function damagedBytes({ clip, patches, cut }: FuzzCase): Uint8Array {
  const bytes = clip.bytes.slice();
  for (const patch of patches) {
    bytes.set(patch.bytes.subarray(0, Math.max(0, bytes.length - patch.offset)), patch.offset);
  }
  return cut === undefined ? bytes : bytes.subarray(0, cut);
}
