import {
  type FrameMeta,
  mediaTime,
  noSegmentId,
  rational,
  type StandInKind,
  type StandInReason,
  standInReasons,
} from "@retrovue/core";
import { decodeAncillary, encodeAncillary } from "./ancillary-codec.js";
import { flag, scratchAt, slotAt, submissionAt, submissionTextAt, wire } from "./offsets.js";

const reasonOf = Object.fromEntries(
  Object.entries(standInReasons).map(([word, number]) => [number, word]),
) as Readonly<Record<number, StandInReason | undefined>>;

const kindFlags: Readonly<Record<StandInKind, number>> = {
  hold: flag.hold,
  slate: flag.slate,
  black: flag.black,
};

/** An asset's texts as they stand in the table. */
export interface AssetText {
  readonly uri: string;
  readonly title: string;
}

/** Writes 32 hexadecimal digits as 16 bytes; anything else as zeros. */
export function encodeSegmentId(id: string, into: Uint8Array, at: number): void {
  into.fill(0, at, at + 16);
  if (id === noSegmentId || !/^[0-9a-fA-F]{32}$/.test(id)) return;
  for (let i = 0; i < 16; i++) into[at + i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16);
}

/** Puts submissions together in a writer's scratch. The asset's texts and the segment's id stay there from one to the next. */
export class SubmissionEncoder {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #text = new TextEncoder();
  readonly #planeOffsets: readonly number[];
  #uri = "";
  #title = "";
  #assetKey = 0;
  /** Whose bytes the scratch has. */
  #segmentId = "";

  constructor(scratch: ArrayBuffer, planeOffsets: readonly number[]) {
    this.#view = new DataView(scratch);
    this.#bytes = new Uint8Array(scratch);
    this.#planeOffsets = planeOffsets;
  }

  /**
   * @param samples samples of sound that follow, or undefined for silence
   * @param offsets where the picture's planes begin; the format's own unless it is a cropped one
   */
  encode(
    tick: number,
    buffer: number,
    samples: number | undefined,
    meta: FrameMeta,
    offsets: readonly number[] = this.#planeOffsets,
  ): void {
    const view = this.#view;
    view.setBigInt64(submissionAt.tick, BigInt(tick), true);
    view.setUint32(submissionAt.buffer, buffer, true);
    view.setUint32(submissionAt.flags, flagsOf(meta), true);
    view.setUint32(submissionAt.standInReason, standInReasons[meta.standInReason], true);
    view.setUint32(submissionAt.decoderIndex, meta.decoderIndex ?? wire.noDecoder, true);
    view.setBigInt64(submissionAt.mediaTimeNs, meta.mediaTime ?? wire.noTime, true);
    view.setBigInt64(submissionAt.sourcePts, meta.sourcePts ?? wire.noTime, true);
    view.setUint32(submissionAt.sourceTbNum, meta.sourceTimeBase?.num ?? 0, true);
    view.setUint32(submissionAt.sourceTbDen, meta.sourceTimeBase?.den ?? 0, true);
    view.setBigInt64(submissionAt.sourceIndex, BigInt(meta.sourceIndex ?? wire.noIndex), true);
    if (meta.segmentId !== this.#segmentId) {
      this.#segmentId = meta.segmentId;
      encodeSegmentId(meta.segmentId, this.#bytes, submissionAt.segmentId);
    }
    view.setBigUint64(submissionAt.planRevision, BigInt(meta.planRevision), true);
    view.setBigUint64(submissionAt.decodeNs, BigInt(Math.max(0, Math.round(meta.decodeNs))), true);
    view.setUint32(submissionAt.hasSound, samples === undefined ? 0 : 1, true);
    view.setUint32(submissionAt.sampleCount, samples ?? 0, true);
    view.setUint32(submissionAt.silentSamples, meta.silentSamples, true);
    this.#encodeAsset(meta.assetUri, meta.assetTitle);
    for (let p = 0; p < offsets.length; p++) {
      view.setBigUint64(submissionAt.planeOffset + 8 * p, BigInt(offsets[p] ?? 0), true);
    }
    const ancillary = encodeAncillary(meta.ancillary, view, submissionTextAt.ancillary);
    view.setUint32(submissionAt.ancillaryBytes, ancillary, true);
  }

  #encodeAsset(uri: string, title: string): void {
    if (uri !== this.#uri || title !== this.#title) {
      this.#uri = uri;
      this.#title = title;
      this.#assetKey++;
      this.#encodeText(uri, submissionTextAt.uri, wire.uriBytes, submissionAt.uriBytes);
      this.#encodeText(title, submissionTextAt.title, wire.titleBytes, submissionAt.titleBytes);
    }
    const none = uri === "" && title === "";
    this.#view.setBigUint64(submissionAt.assetKey, none ? 0n : BigInt(this.#assetKey), true);
  }

  /** What does not fit is cut, never inside a character. */
  #encodeText(text: string, at: number, bytesMax: number, lengthAt: number): void {
    const { written } = this.#text.encodeInto(text, this.#bytes.subarray(at, at + bytesMax));
    this.#view.setUint32(lengthAt, written, true);
  }
}

function flagsOf(meta: FrameMeta): number {
  return (
    (meta.repeat ? flag.repeat : 0) |
    (meta.standIn === undefined ? 0 : kindFlags[meta.standIn]) |
    (meta.pad ? flag.pad : 0) |
    (meta.firstOfSegment ? flag.firstOfSegment : 0) |
    (meta.discontinuity ? flag.discontinuity : 0) |
    (meta.late ? flag.late : 0)
  );
}

/** Reads a slot's meta out of a reader's scratch. */
export function decodeMeta(scratch: Buffer, view: DataView, asset: AssetText): FrameMeta {
  const flags = view.getUint32(slotAt.flags, true);
  const media = view.getBigInt64(slotAt.mediaTimeNs, true);
  const pts = view.getBigInt64(slotAt.sourcePts, true);
  const tbNum = view.getUint32(slotAt.sourceTbNum, true);
  const tbDen = view.getUint32(slotAt.sourceTbDen, true);
  const index = view.getBigInt64(slotAt.sourceIndex, true);
  const decoder = view.getUint32(slotAt.decoderIndex, true);
  return {
    planRevision: Number(view.getBigUint64(slotAt.planRevision, true)),
    segmentId: scratch.toString("hex", slotAt.segmentId, slotAt.segmentId + 16),
    assetUri: asset.uri,
    assetTitle: asset.title,
    firstOfSegment: (flags & flag.firstOfSegment) !== 0,
    repeat: (flags & flag.repeat) !== 0,
    standIn: kindOf(flags),
    standInReason: reasonOf[view.getUint32(slotAt.standInReason, true)] ?? "none",
    pad: (flags & flag.pad) !== 0,
    discontinuity: (flags & flag.discontinuity) !== 0,
    late: (flags & flag.late) !== 0,
    mediaTime: media === wire.noTime ? undefined : mediaTime(media),
    sourcePts: pts === wire.noTime ? undefined : pts,
    sourceTimeBase: tbNum === 0 || tbDen === 0 ? undefined : rational(tbNum, tbDen),
    sourceIndex: index === wire.noIndex ? undefined : Number(index),
    decoderIndex: decoder === wire.noDecoder ? undefined : decoder,
    decodeNs: Number(view.getBigUint64(slotAt.decodeNs, true)),
    silentSamples: view.getUint32(slotAt.silentSamples, true),
    ancillary: decodeAncillary(view, scratchAt.ancillary, view.getUint32(slotAt.ancillaryBytes, true)),
  };
}

/** The stand-in kind of a slot's flags. */
export function kindOf(flags: number): StandInKind | undefined {
  if ((flags & flag.hold) !== 0) return "hold";
  if ((flags & flag.slate) !== 0) return "slate";
  if ((flags & flag.black) !== 0) return "black";
  return undefined;
}

/** The word for a reason's number; `starved` for numbers of a newer engine. */
export const reasonWord = (number: number): StandInReason => reasonOf[number] ?? "starved";
