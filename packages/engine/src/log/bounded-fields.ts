/** Values in one line's fields, those within others included: a plugin that logs more says nothing that anybody reads. */
const valuesMax = 1_000;

/** Characters of one text. */
const textMax = 8_192;

/** Characters of a field's name. */
const nameMax = 256;

/** Larger numbers nobody can mean, and to write them takes long. */
const wholeMax = 1n << 64n;

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
    if (typeof value === "string") return short(value);
    if (typeof value === "bigint") return value < wholeMax && value > -wholeMax ? value : cut;
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Error) return boundedError(value);
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
      kept.push([short(name, nameMax), bounded(value)]);
    }
    return Object.fromEntries(kept);
  };
  const boundedError = ({ name, message, stack, cause }: Error): Error => {
    const kept = new Error(short(message), cause !== undefined && left > 0 ? { cause: bounded(cause) } : {});
    kept.stack = short(stack ?? "");
    if (name !== kept.name) kept.name = short(name, nameMax);
    return kept;
  };
  return boundedEntries(fields);
}

const short = (text: string, max = textMax): string => (text.length > max ? text.slice(0, max) + cut : text);
