/** Values in one line's fields, those within others included: a plugin that logs more says nothing that anybody reads. */
const valuesMax = 1_000;

/** Characters of one text. */
const textMax = 8_192;

/** What stands for what was left out. */
const cut = "…";

/**
 * A log line's fields as they may come from a process that is not trusted: few and short ones. What writes lines goes through all there
 * is, again for each place that it is referred to from, so that half a kilobyte of references could keep it at work for ever.
 */
export function boundedFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let left = valuesMax;
  const bounded = (value: unknown): unknown => {
    left -= 1;
    if (typeof value === "string") return value.length > textMax ? value.slice(0, textMax) + cut : value;
    if (typeof value !== "object" || value === null || value instanceof Error) return value;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return boundedList(value);
    if (value instanceof Date) return value.toJSON();
    return boundedEntries(value);
  };
  const boundedList = (list: readonly unknown[]): unknown[] => {
    const kept: unknown[] = [];
    for (const value of list) {
      if (left <= 0) return [...kept, cut];
      kept.push(bounded(value));
    }
    return kept;
  };
  const boundedEntries = (object: object): Record<string, unknown> => {
    const kept: [string, unknown][] = [];
    for (const [name, value] of Object.entries(object)) {
      if (left <= 0) return Object.fromEntries([...kept, [cut, cut]]);
      kept.push([name, bounded(value)]);
    }
    return Object.fromEntries(kept);
  };
  return boundedEntries(fields);
}
