/**
 * Puts edit lists of one's own into an MP4 whose movie box comes last, as no muxer at hand writes them (ISO/IEC 14496-12,
 * 8.6.6). Nothing before the movie box moves, so that no offset has to be changed.
 */

/** One entry of an edit list. */
export interface Edit {
  /** How long it is shown, in the movie's time scale (milliseconds in what ffmpeg writes). */
  readonly duration: number;
  /** Where in the track it begins, in the track's time scale; -1 shows nothing. */
  readonly mediaTime: number;
}

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** @param edits of each track in the file's order; a track without any keeps its own */
export function withEdits(file: Buffer, edits: readonly (readonly Edit[] | undefined)[]): Buffer {
  let track = 0;
  return Buffer.concat(
    boxesOf(file)
      .map((box) =>
        box.type === "moov"
          ? mapped(box, (child) => (child.type === "trak" ? trackWith(child, edits[track++]) : child))
          : box,
      )
      .map(written),
  );
}

function trackWith(track: Box, edits: readonly Edit[] | undefined): Box {
  if (edits === undefined) return track;
  const list = Buffer.alloc(8 + edits.length * 12);
  list.writeUInt32BE(edits.length, 4);
  edits.forEach(({ duration, mediaTime }, n) => {
    list.writeUInt32BE(duration, 8 + n * 12);
    list.writeInt32BE(mediaTime, 12 + n * 12);
    list.writeInt16BE(1, 16 + n * 12);
  });
  const edit: Box = { type: "edts", body: written({ type: "elst", body: list }) };
  const others = boxesOf(track.body).filter(({ type }) => type !== "edts");
  // After the header, before the media.
  return {
    type: track.type,
    body: Buffer.concat([...others.slice(0, 1), edit, ...others.slice(1)].map(written)),
  };
}

const mapped = (box: Box, change: (child: Box) => Box): Box => ({
  type: box.type,
  body: Buffer.concat(boxesOf(box.body).map(change).map(written)),
});

/** Boxes of 32-bit sizes, one after the other. */
function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new RangeError(`A box of ${size} bytes at ${at}`);
    boxes.push({ type: bytes.toString("latin1", at + 4, at + 8), body: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

function written({ type, body }: Box): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}
