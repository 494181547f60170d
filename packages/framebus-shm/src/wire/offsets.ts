/**
 * Byte offsets of the fields that TypeScript reads and writes, as in include/retrovue/frame_bus.h. A test compares each
 * with what the compiler made of the header.
 */

/** `rvfb_header` and the `rvfb_format` in it. */
export const headerAt = Object.freeze({
  runId: 24,
  slotCount: 128,
  bufferCount: 132,
  format: 256,
});

/** `rvfb_format`, from its own start. */
export const formatAt = Object.freeze({
  width: 0,
  height: 4,
  rateNum: 8,
  rateDen: 12,
  pixelFormat: 16,
  planeCount: 20,
  sarNum: 24,
  sarDen: 28,
  colourPrimaries: 32,
  colourTransfer: 36,
  colourMatrix: 40,
  colourRange: 44,
  aspectPolicy: 48,
  sampleRate: 52,
  channels: 56,
  planeStride: 64,
  planeOffset: 96,
  pictureBytes: 128,
  planeRows: 80,
  planeRowBytes: 136,
  planePictureRows: 152,
});

/** `rvfb_slot`. */
export const slotAt = Object.freeze({
  tick: 8,
  houseTimeNs: 16,
  buffer: 24,
  flags: 28,
  bufferGeneration: 32,
  planeOffset: 40,
  standInReason: 72,
  decoderIndex: 76,
  mediaTimeNs: 80,
  sourcePts: 88,
  sourceTbNum: 96,
  sourceTbDen: 100,
  sourceIndex: 104,
  segmentId: 112,
  planRevision: 128,
  assetIndex: 136,
  assetGeneration: 140,
  sampleStart: 144,
  sampleCount: 152,
  ancillaryBytes: 156,
  decodeNs: 160,
  silentSamples: 180,
});

/** `rvfb_mapping`, from its own start. */
export const mappingAt = Object.freeze({ sequence: 8, monoAnchor: 16, houseAnchor: 24, ratePpb: 32 });

/** `rvfb_submission_head`. */
export const submissionAt = Object.freeze({
  tick: 0,
  buffer: 8,
  flags: 12,
  standInReason: 16,
  decoderIndex: 20,
  mediaTimeNs: 24,
  sourcePts: 32,
  sourceTbNum: 40,
  sourceTbDen: 44,
  sourceIndex: 48,
  segmentId: 56,
  planRevision: 72,
  decodeNs: 80,
  hasSound: 88,
  sampleCount: 92,
  silentSamples: 96,
  ancillaryBytes: 100,
  uriBytes: 104,
  titleBytes: 108,
  assetKey: 112,
  planeOffset: 120,
});

/** What follows the head in `rvfb_submission`. */
export const submissionTextAt = Object.freeze({ ancillary: 256, uri: 1280, title: 5376 });

/** The reader's scratch: slot, ancillary area, mapping (reader_object.h). */
export const scratchAt = Object.freeze({ slot: 0, ancillary: 512, mapping: 1536 });

/** Fixed sizes and marks of the header. */
export const wire = Object.freeze({
  ancillaryBytes: 1024,
  uriBytes: 4096,
  titleBytes: 1024,
  planesMax: 4,
  noTime: -(2n ** 63n),
  noIndex: -1n,
  noDecoder: 0xffff_ffff,
  noAsset: 0xffff_ffff,
  slate: 0xffff_fffe,
  black: 0xffff_ffff,
});

/** `flags` of a slot. */
export const flag = Object.freeze({
  repeat: 1,
  hold: 2,
  slate: 4,
  black: 8,
  pad: 16,
  firstOfSegment: 32,
  discontinuity: 64,
  late: 128,
});
