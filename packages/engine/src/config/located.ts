import type { ConfigPath } from "./fault.js";

/** A value of a configuration that remembers where it was written. */
export interface Located {
  /** A scalar; undefined where `children` is set. */
  scalar: unknown;
  /** Entries of a mapping or a list. Keys are strings in a mapping, numbers in a list. */
  readonly children: Map<string | number, Located> | undefined;
  readonly list: boolean;
  readonly at: Place;
  /** Where the key that leads here stands; `at` for list entries. */
  readonly keyAt: Place;
  /** Text before `${…}` was replaced; undefined where nothing was. */
  readonly unexpanded: string | undefined;
  /** Written without quotes in YAML, so that `8090` may mean a number. */
  readonly plain: boolean;
}

/** A place in the file, or the option that set the value. */
export interface Place {
  /** UTF-16 units from the beginning of the text; undefined where an option set the value. */
  readonly offset: number | undefined;
  /** As `--grpc`. */
  readonly option: string | undefined;
}

/** The node at a path, or the deepest one on the way there. */
export function nearest(
  root: Located,
  path: ConfigPath,
): { readonly node: Located; readonly exact: boolean } {
  let node = root;
  for (const step of path) {
    const next = node.children?.get(step);
    if (next === undefined) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}

/** The plain value below a node: null-prototype objects, arrays, scalars. */
export function toValue(node: Located): unknown {
  if (node.children === undefined) return node.scalar;
  if (node.list) return [...node.children.values()].map(toValue);
  const value: Record<string, unknown> = Object.create(null);
  for (const [key, child] of node.children) value[key] = toValue(child);
  return value;
}

/** A node for a value that an option of the command line set. */
export function locatedFrom(value: unknown, option: string): Located {
  const at: Place = { offset: undefined, option };
  const children =
    typeof value === "object" && value !== null
      ? new Map(
          Array.isArray(value)
            ? value.map((entry, index) => [index as string | number, locatedFrom(entry, option)] as const)
            : Object.entries(value).map(
                ([key, entry]) => [key as string | number, locatedFrom(entry, option)] as const,
              ),
        )
      : undefined;
  return {
    scalar: children === undefined ? value : undefined,
    children,
    list: Array.isArray(value),
    at,
    keyAt: at,
    unexpanded: undefined,
    plain: false,
  };
}

/** Sets the value at a path below `root`, making the mappings on the way. Lists on the way must hold the entry. */
export function graft(root: Located, path: ConfigPath, value: unknown, option: string): void {
  let node = root;
  for (const [depth, step] of path.entries()) {
    // A path through something that is not a mapping is left alone: the schema reports that thing.
    if (node.children === undefined) return;
    const last = depth === path.length - 1;
    const next = last ? locatedFrom(value, option) : (node.children.get(step) ?? locatedFrom({}, option));
    node.children.set(step, next);
    node = next;
  }
}
