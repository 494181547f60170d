import type { FrameLease, Place } from "@retrovue/core";

/** One tick in a line. `leadNs`: how long before its time it came. */
export function describeTick(lease: FrameLease, place: Place, at: number, leadNs: bigint): string {
  const { meta } = lease;
  const planned = place.in === "segment" ? place.segment.id.slice(-6) : place.in;
  const flags = [
    meta.firstOfSegment ? "first" : "",
    meta.repeat ? "repeat" : "",
    meta.discontinuity ? "discontinuity" : "",
    meta.late ? "late" : "",
  ].filter((flag) => flag !== "");
  const picture =
    meta.standIn === undefined ? "picture" : `${meta.standIn} (${meta.pad ? "planned" : meta.standInReason})`;
  const frame = meta.sourceIndex === undefined ? "" : ` frame ${meta.sourceIndex}`;
  const sound = meta.silentSamples > 0 ? `, ${meta.silentSamples} of ${lease.samples} samples missing` : "";
  const lead = `${leadNs / 1_000_000n} ms ahead`;
  return `#${at} ${meta.segmentId.slice(-6)} (planned ${planned}, revision ${meta.planRevision}) ${picture}${frame}${sound}${flags.length > 0 ? ` [${flags.join(" ")}]` : ""}, ${lead}`;
}
