/** A piece of a tick's sound over which amplitude runs linearly. */
export interface Span {
  /** First sample, counted from the start of the tick. */
  readonly offset: number;
  readonly samples: number;
  readonly from: number;
  readonly to: number;
}

/** A linear ramp of amplitude between two samples; it has its end values outside of them. */
export interface Ramp {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** Amplitude of one ramp at a sample boundary. */
function amplitude(ramp: Ramp, at: number): number {
  if (at <= ramp.start) return ramp.from;
  if (at >= ramp.end) return ramp.to;
  return ramp.from + ((ramp.to - ramp.from) * (at - ramp.start)) / (ramp.end - ramp.start);
}

/**
 * Splits the samples `[first, end)` into spans where the product of all ramps is (taken as) linear. Two ramps that overlap
 * give a parabola, drawn by its chord: both are shorter than 5 ms or slower than hearing tells. Without ramps
 * there is one span at full amplitude, which leaves samples bit-exact.
 */
export function spansOf(first: number, end: number, ramps: readonly Ramp[]): readonly Span[] {
  if (end <= first) return [];
  const edges = [first, end];
  for (const ramp of ramps) {
    if (ramp.start > first && ramp.start < end) edges.push(ramp.start);
    if (ramp.end > first && ramp.end < end) edges.push(ramp.end);
  }
  edges.sort((a, b) => a - b);
  const spans: Span[] = [];
  for (let i = 1; i < edges.length; i++) {
    const [offset, until] = [edges[i - 1] ?? first, edges[i] ?? end];
    if (until === offset) continue;
    let [from, to] = [1, 1];
    for (const ramp of ramps) {
      from *= amplitude(ramp, offset);
      to *= amplitude(ramp, until);
    }
    spans.push({ offset, samples: until - offset, from, to });
  }
  return spans;
}
