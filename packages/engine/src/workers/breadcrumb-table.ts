/*
 * The table that a decoder's native threads leave (libav-kit: breadcrumb.h), or that a process leaves around its calls
 * (breadcrumb-file.ts), native byte order:
 *
 *   head, 512 bytes   0 char[8] "RVCRUMB1"   8 uint32 lines   12 uint32 bytes of a line   16 uint32 fault line + 1   20 uint32 signal
 *                     24 uint32 process that sent the signal
 *   a line            0 uint32 sequence      4 uint32 activity   8 uint32 thread   12 uint32 role   16 int64 position   24 int64 changed
 *                     32 char[480] asset, zero-terminated
 */
/** Where things are in a table; `headBytes` and on are of the head, `assetAt` and `activityAt` of a line. */
export const breadcrumbLayout = Object.freeze({
  magic: "RVCRUMB1",
  headBytes: 512,
  linesAt: 8,
  lineBytesAt: 12,
  faultLineAt: 16,
  lineBytes: 512,
  activityAt: 4,
  assetAt: 32,
} as const);
const { magic, headBytes } = breadcrumbLayout;
/** Opening and seeking. */
const openingActivities: ReadonlySet<number> = new Set([1, 4]);
const lineBytesMin = 64;
const linesMax = 4_096;

/** The most that a table holds, in bytes. */
export const breadcrumbBytesMax = headBytes + linesMax * breadcrumbLayout.lineBytes;

/** What the threads of a process were at when it ended. */
export interface BreadcrumbTable {
  /** Assets that threads were at work on, each once. */
  readonly assets: readonly string[];
  /** True where a thread noted that it took a deadly signal, also where its asset is not known. */
  readonly hasFault: boolean;
  /** The asset of that thread; undefined where that is not known. */
  readonly guilty: string | undefined;
  /** True where that thread was opening it, or sought in it. */
  readonly isGuiltyOpening: boolean;
  /** Those of the assets that a thread was opening, or sought in, each once. */
  readonly openings: readonly string[];
  /** True where another process sent the deadly signal. */
  readonly isSent: boolean;
}

/** Reads a table. Undefined where the bytes are none: another process may have written anything. */
export function readBreadcrumbs(table: Uint8Array): BreadcrumbTable | undefined {
  if (table.length < headBytes || Buffer.from(table.subarray(0, 8)).toString("latin1") !== magic)
    return undefined;
  const words = new DataView(table.buffer, table.byteOffset, table.byteLength);
  // Node runs on little-endian machines alone.
  const lines = words.getUint32(8, true);
  const lineBytes = words.getUint32(12, true);
  if (lines > linesMax || lineBytes < lineBytesMin || headBytes + lines * lineBytes > table.length)
    return undefined;
  const assets = new Set<string>();
  const openings = new Set<string>();
  const isOpening = (at: number) => openingActivities.has(words.getUint32(at + 4, true));
  for (let line = 0; line < lines; line++) {
    const at = headBytes + line * lineBytes;
    const isAtWork = words.getUint32(at + 4, true) !== 0 && words.getUint32(at + 8, true) !== 0;
    const asset = isAtWork ? assetAt(table, at, lineBytes) : undefined;
    if (asset === undefined) continue;
    assets.add(asset);
    if (isOpening(at)) openings.add(asset);
  }
  const fault = words.getUint32(16, true);
  const faultAt = fault === 0 || fault > lines ? undefined : headBytes + (fault - 1) * lineBytes;
  return {
    assets: [...assets],
    openings: [...openings],
    hasFault: fault !== 0,
    guilty: faultAt === undefined ? undefined : assetAt(table, faultAt, lineBytes),
    isGuiltyOpening: faultAt !== undefined && isOpening(faultAt),
    isSent: words.getUint32(24, true) !== 0,
  };
}

function assetAt(table: Uint8Array, line: number, lineBytes: number): string | undefined {
  const words = new DataView(table.buffer, table.byteOffset, table.byteLength);
  // Odd: the name is half written.
  if (words.getUint32(line, true) % 2 === 1) return undefined;
  const text = table.subarray(line + 32, line + lineBytes);
  const end = text.indexOf(0);
  // One that fills the line may have been cut, and a name that is not whole names nothing.
  if (end <= 0 || end === text.length - 1) return undefined;
  return Buffer.from(text.subarray(0, end)).toString("utf8");
}
