import { klvBoundaries, packetBoundaries, startCodeBoundaries } from "./streams.ts";
import { ebmlBoundaries, mp4Boundaries, riffBoundaries } from "./trees.ts";

/** Places where a file's parts begin, with where the last one ends; sorted, none twice, none beyond the file. */
export function boundariesOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Set<number>([0, bytes.length]);
  for (const at of parts(view)) if (at > 0 && at < bytes.length) found.add(at);
  return [...found].sort((a, b) => a - b);
}

/** Cuts of a file that no reader here knows, and within the media of one that keeps them in a block. */
const evenCuts = 64;

function* parts(view: DataView): Generator<number> {
  const length = view.byteLength;
  for (let i = 1; i < evenCuts; i++) yield Math.floor((length * i) / evenCuts);
  if (length < 16) return;
  const first = view.getUint32(0);
  const second = view.getUint32(4);
  if (boxNames.has(second)) yield* mp4Boundaries(view, 0, length);
  else if (first === 0x1a45dfa3) yield* ebmlBoundaries(view, 0, length);
  else if (first === 0x52494646) yield* riffBoundaries(view, 0, length);
  else if (first === 0x060e2b34) yield* klvBoundaries(view);
  else if (view.getUint8(0) === 0x47 && length > 376 && view.getUint8(188) === 0x47)
    yield* packetBoundaries(view, 188);
  else if (first === 0x000001ba || first === 1 || first >>> 8 === 1) yield* startCodeBoundaries(view);
}

const boxNames = new Set([0x66747970, 0x6d6f6f76, 0x6d646174, 0x66726565, 0x736b6970, 0x77696465]);
