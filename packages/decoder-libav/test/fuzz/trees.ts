// Containers whose parts hold parts. Broken sizes end the walk: what follows cannot be told.

const nameOf = (text: string): number =>
  [...text].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
const namesOf = (...texts: readonly string[]): ReadonlySet<number> => new Set(texts.map(nameOf));

const boxesOfBoxes = namesOf(
  ...["moov", "trak", "mdia", "minf", "stbl", "edts", "dinf", "udta", "mvex", "moof", "traf", "mfra", "ilst"],
);
/** Boxes that begin with so many bytes before the boxes that they hold (ISO/IEC 14496-12). */
const boxesBehindFields = new Map([
  [nameOf("meta"), 4],
  [nameOf("stsd"), 8],
  [nameOf("dref"), 8],
]);
const pictureEntryBytes = 78;
const soundEntryBytes = 28;
const entries = new Map<number, number>([
  ...["avc1", "avc3", "hev1", "hvc1", "av01", "vp08", "vp09", "mp4v", "apch", "apcn", "AVdh", "jpeg"].map(
    (name) => [nameOf(name), pictureEntryBytes] as const,
  ),
  ...["mp4a", "ac-3", "ec-3", "Opus", "fLaC", "sowt", "in24", "lpcm"].map(
    (name) => [nameOf(name), soundEntryBytes] as const,
  ),
]);

/** Boxes of MP4 and MOV, and the samples within their media at even distances. */
export function* mp4Boundaries(view: DataView, from: number, to: number): Generator<number> {
  for (let at = from; at + 8 <= to; ) {
    yield at;
    let size = view.getUint32(at);
    const name = view.getUint32(at + 4);
    let head = 8;
    if (size === 1 && at + 16 <= to) {
      size = Number(view.getBigUint64(at + 8));
      head = 16;
    } else if (size === 0) size = to - at;
    const end = at + size;
    if (size < head || end > to) return;
    yield at + head;
    const fields = boxesOfBoxes.has(name) ? 0 : (boxesBehindFields.get(name) ?? entries.get(name));
    if (fields !== undefined) yield* mp4Boundaries(view, at + head + fields, end);
    at = end;
  }
  yield to;
}

/** Master elements of Matroska that are looked into (RFC 9559): Segment, SeekHead, Info, Tracks, Cluster, Cues, … */
const masters = new Set([
  0x18538067, 0x114d9b74, 0x4dbb, 0x1549a966, 0x1654ae6b, 0xae, 0xe0, 0xe1, 0x1f43b675, 0xa0, 0x1c53bb6b,
  0xbb, 0xb7, 0x1254c367, 0x7373, 0x67c8, 0x1a45dfa3, 0x55b0, 0x7670,
]);

/** Elements of Matroska and WebM. */
export function* ebmlBoundaries(view: DataView, from: number, to: number): Generator<number> {
  for (let at = from; at < to; ) {
    yield at;
    const id = readVint(view, at, to, true);
    const size = id && readVint(view, at + id.length, to, false);
    if (id === undefined || size === undefined) return;
    const head = at + id.length + size.length;
    yield head;
    // All ones: as long as what holds it.
    const isOpen = size.value === 2 ** (7 * size.length) - 1;
    const end = isOpen ? to : head + size.value;
    if (end > to) return;
    if (masters.has(id.value)) yield* ebmlBoundaries(view, head, end);
    at = end;
  }
}

function readVint(
  view: DataView,
  at: number,
  to: number,
  keepsMark: boolean,
): { value: number; length: number } | undefined {
  if (at >= to) return undefined;
  const first = view.getUint8(at);
  const length = Math.clz32(first) - 23;
  if (length > 8 || at + length > to) return undefined;
  let value = keepsMark ? first : first & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + view.getUint8(at + i);
  return { value, length };
}

const lists = namesOf("RIFF", "LIST");

/** Chunks of AVI and WAV. */
export function* riffBoundaries(view: DataView, from: number, to: number): Generator<number> {
  for (let at = from; at + 8 <= to; ) {
    yield at;
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size;
    yield at + 8;
    if (end > to) return;
    if (lists.has(view.getUint32(at)) && size >= 4) yield* riffBoundaries(view, at + 12, end);
    at = end + (size % 2);
  }
}
