import type { ConfigPath } from "./fault.js";
import { formatPath } from "./fault.js";
import { schemaAt } from "./json-schema.js";

/** A configuration without its faulty parts, so that the rest can be checked as well. */
export interface Pruned {
  readonly value: unknown;
  /** The path in the file for a path in `value`: list entries move up when one before them was taken out. */
  original(path: ConfigPath): ConfigPath;
}

/**
 * Takes out what `faulty` names: the key itself where it may be absent, else the nearest mapping or list entry around it
 * that may. Undefined if nothing remains.
 */
export function prune(whole: unknown, faulty: readonly ConfigPath[]): Pruned | undefined {
  const removed = new Set<string>();
  for (const path of faulty) {
    const removable = removablePart(path, whole);
    if (removable.length === 0) return undefined;
    removed.add(formatPath(removable));
  }
  const moved = new Map<string, readonly number[]>();
  const copy = (value: unknown, from: ConfigPath, to: ConfigPath): unknown => {
    if (Array.isArray(value)) {
      const kept = value
        .map((_, index) => index)
        .filter((index) => !removed.has(formatPath([...from, index])));
      moved.set(formatPath(to), kept);
      return kept.map((index, place) => copy(value[index], [...from, index], [...to, place]));
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => !removed.has(formatPath([...from, key])));
    return Object.fromEntries(
      entries.map(([key, entry]) => [key, copy(entry, [...from, key], [...to, key])]),
    );
  };
  return { value: copy(whole, [], []), original: (path) => originalPath(path, moved) };
}

function removablePart(path: ConfigPath, whole: unknown): ConfigPath {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length);
    const last = part.at(-1);
    if (typeof last === "number") return part;
    const parent = schemaAt(part.slice(0, -1), whole);
    const required = [parent, ...(parent?.oneOf ?? [])].flatMap((schema) => schema?.required ?? []);
    if (!required.includes(String(last))) return part;
  }
  return [];
}

function originalPath(path: ConfigPath, moved: ReadonlyMap<string, readonly number[]>): ConfigPath {
  return path.map((step, depth) =>
    typeof step === "number" ? (moved.get(formatPath(path.slice(0, depth)))?.[step] ?? step) : step,
  );
}
