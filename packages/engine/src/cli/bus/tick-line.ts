import type { FrameLease } from "@retrovue/core";

/** One tick in a form that programs read. Times are strings: they do not fit a JSON number. */
export function tickRecord(lease: FrameLease) {
  const { tick, time, meta, samples, sampleStart } = lease;
  return {
    tick,
    timeNs: String(time),
    time: new Date(Number(time / 1_000_000n)).toISOString(),
    segment: meta.segmentId,
    revision: meta.planRevision,
    asset: meta.assetUri,
    title: meta.assetTitle,
    frame: meta.sourceIndex ?? null,
    mediaTimeNs: meta.mediaTime === undefined ? null : String(meta.mediaTime),
    standIn: meta.standIn ?? null,
    reason: meta.standInReason,
    flags: flagsOf(lease),
    samples,
    sampleStart,
    silentSamples: meta.silentSamples,
    decoder: meta.decoderIndex ?? null,
  };
}

/** The same in a line that people read. */
export function tickLine(lease: FrameLease): string {
  const { meta } = lease;
  const time = new Date(Number(lease.time / 1_000_000n)).toISOString().slice(11, 23);
  const what = meta.standIn === undefined || meta.standIn === "hold" ? assetOf(lease) : "";
  const standIn = meta.standIn === undefined ? "" : `${meta.standIn} (${meta.standInReason})`;
  const silent = meta.silentSamples > 0 ? `silent ${meta.silentSamples}` : "";
  return [String(lease.tick), time, standIn, what, flagsOf(lease).join(" "), silent]
    .filter((part) => part !== "")
    .join("  ");
}

/** Which asset and which of its pictures a tick shows. */
export function assetOf({ meta }: FrameLease): string {
  const title = meta.assetTitle === "" ? meta.assetUri : meta.assetTitle;
  const frame = meta.sourceIndex === undefined ? "" : ` frame ${meta.sourceIndex}`;
  const at = meta.mediaTime === undefined ? "" : ` at ${(Number(meta.mediaTime) / 1e9).toFixed(3)} s`;
  return `${title}${frame}${at}`;
}

function flagsOf({ meta }: FrameLease): string[] {
  const { firstOfSegment, repeat, discontinuity, late, pad } = meta;
  return Object.entries({ first: firstOfSegment, repeat, discontinuity, late, pad })
    .filter(([, isSet]) => isSet)
    .map(([flag]) => flag);
}
