/** Fewer letters begin too many words. */
const beginningMin = 4;

/**
 * The candidate nearest to what was written, for "did you mean". Undefined where none is near: more than a third of the
 * letters would have to change, so that a suggestion is never a guess. A word cut short (`bitrate` for `bitrateKbps`) is
 * near too. Letter case is ignored.
 */
export function suggest(written: string, candidates: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(written.length, name.length) / 3));
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  if (best !== undefined) return best.name;
  const begins = (longer: string, shorter: string): boolean =>
    shorter.length >= beginningMin && longer.toLowerCase().startsWith(shorter.toLowerCase());
  return candidates.find((name) => begins(name, written) || begins(written, name));
}

/** Longer words are never near a key of ours, and the table below is quadratic. */
const comparedLengthMax = 64;

/** Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  if (a.length > comparedLengthMax || b.length > comparedLengthMax) return Number.POSITIVE_INFINITY;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let distance = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, at(beforeLast, column - 2) + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? 0;
