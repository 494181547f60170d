// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
} from "yaml";
import { type Environment, expandEnvironment } from "./environment.js";
import type { ConfigPath } from "./fault.js";
import { type Located, locatedFrom, type Place } from "./located.js";

/** Deeper than any configuration, shallow enough for every recursion over it. */
const depthMax = 32;
/** Values after aliases were followed: a thousand channels with every key have 60 000; an alias bomb has billions. */
const valuesMax = 200_000;
/** After this many faults of the text itself the rest would only repeat them. */
const faultsMax = 100;

/** What is wrong with the text, before any value is looked at. */
export interface TextFault {
  readonly offset: number;
  readonly path: ConfigPath;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** A text as a tree of located values, and everything wrong with the text. `root` is undefined if it is not YAML at all. */
export interface ParsedText {
  readonly root: Located | undefined;
  readonly faults: readonly TextFault[];
}

/**
 * Reads YAML 1.2 (of which JSON is a part) into located values, with `${…}` replaced. Bounded in depth and size, whatever
 * the text holds; refuses what would be read in two ways: double keys, tags, several documents.
 */
export function parseText(text: string, environment: Environment): ParsedText {
  let document: ReturnType<typeof parseDocument>;
  try {
    document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, strict: true, version: "1.2" });
  } catch (error) {
    // The composer recurses, so that a text of a hundred thousand brackets exhausts the stack.
    if (!(error instanceof RangeError)) throw error;
    return { root: undefined, faults: [tooDeep(0, [])] };
  }
  const faults = [...document.errors, ...document.warnings].slice(0, faultsMax).map(
    (problem): TextFault => ({
      offset: problem.pos[0],
      path: [],
      expected: "YAML or JSON",
      found: foundByCode[problem.code] ?? lowerFirst(problem.message),
      remedy:
        remedyByCode[problem.code] ??
        "Correct the text at this place; indentation and brackets are the usual cause.",
    }),
  );
  // A tree made from broken text would have faults of its own that only confuse.
  if (faults.length > 0) return { root: undefined, faults };
  if (document.contents === null) {
    const fault = {
      offset: 0,
      path: [],
      expected: "a configuration",
      found: "an empty file",
      remedy: "Begin with `channels: [{ id: 1 }]`.",
    };
    return { root: undefined, faults: [fault] };
  }
  const reader = new TreeReader(environment);
  const root = reader.read(document.contents, [], undefined);
  return { root, faults: reader.faults };
}

class TreeReader {
  readonly faults: TextFault[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #environment: Environment;
  #values = 0;
  #full = false;
  #withinAlias = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  read(node: unknown, path: ConfigPath, keyAt: Place | undefined): Located {
    const offset = offsetOf(node);
    const at: Place = { offset, option: undefined };
    const nothing = (): Located => ({ ...locatedFrom(null, ""), at, keyAt: keyAt ?? at });
    if (!this.#admit(offset, path)) return nothing();
    if (isAlias(node)) return this.#follow(node, path, keyAt ?? at) ?? nothing();
    this.#remember(node);
    if (isMap(node)) return this.#mapping(node.items, path, at, keyAt ?? at);
    if (isSeq(node)) {
      const children = new Map<string | number, Located>();
      for (const [index, entry] of node.items.entries()) {
        children.set(index, this.read(entry, [...path, index], undefined));
      }
      return {
        scalar: undefined,
        children,
        list: true,
        at,
        keyAt: keyAt ?? at,
        unexpanded: undefined,
        plain: false,
      };
    }
    return this.#scalar(node, path, at, keyAt ?? at);
  }

  #admit(offset: number, path: ConfigPath): boolean {
    if (this.#full) return false;
    if (path.length > depthMax) {
      this.faults.push(tooDeep(offset, path.slice(0, 4)));
      this.#full = true;
      return false;
    }
    if (++this.#values > valuesMax) {
      this.#fault(offset, path.slice(0, 4), {
        expected: `at most ${valuesMax} values after aliases are followed`,
        found: "more",
        remedy: "Remove aliases that refer to aliases; use `defaults` for what channels share.",
      });
      this.#full = true;
      return false;
    }
    return true;
  }

  #mapping(items: readonly Pair[], path: ConfigPath, at: Place, keyAt: Place): Located {
    const children = new Map<string | number, Located>();
    for (const pair of items) {
      const keyOffset = offsetOf(pair.key);
      const key = keyText(pair.key);
      if (key === undefined || key === "__proto__") {
        this.#fault(keyOffset, path, {
          expected: "a word as key",
          found: key ?? "a key that is not a word",
          remedy: "Write the key as plain text.",
        });
        continue;
      }
      if (key === "<<") {
        this.#fault(keyOffset, path, {
          expected: "a key of the configuration",
          found: 'the merge key "<<", which YAML 1.2 does not have',
          remedy: "Put what channels share under `defaults`, or use a plain alias as a value.",
        });
        continue;
      }
      if (children.has(key)) {
        this.#fault(keyOffset, [...path, key], {
          expected: "each key once",
          found: `"${key}" a second time`,
          remedy: "Keep one of the two.",
        });
        continue;
      }
      const place: Place = { offset: keyOffset, option: undefined };
      children.set(key, this.read(pair.value, [...path, key], place));
    }
    return { scalar: undefined, children, list: false, at, keyAt, unexpanded: undefined, plain: false };
  }

  #scalar(node: unknown, path: ConfigPath, at: Place, keyAt: Place): Located {
    const value: unknown = isScalar(node) ? node.value : null;
    const plain = isScalar(node) && node.type === Scalar.PLAIN;
    const base = { children: undefined, list: false, at, keyAt, plain };
    if (typeof value !== "string" || !value.includes("${"))
      return { ...base, scalar: value, unexpanded: undefined };
    const expansion = expandEnvironment(value, this.#environment);
    if (!expansion.ok) {
      this.#fault(at.offset ?? 0, path, expansion);
      return { ...base, scalar: value, unexpanded: value };
    }
    return { ...base, scalar: expansion.text, unexpanded: expansion.used.length > 0 ? value : undefined };
  }

  #follow(alias: Alias, path: ConfigPath, keyAt: Place): Located | undefined {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      this.#fault(offsetOf(alias), path, {
        expected: "an alias of an anchor that stands before it",
        found: `*${alias.source}`,
        remedy: `Define &${alias.source} above, or put the text in quotes.`,
      });
      return undefined;
    }
    this.#withinAlias++;
    const located = this.read(target, path, keyAt);
    this.#withinAlias--;
    // A fault of the value as a whole is told where it is used; where it was defined it may be right.
    return { ...located, at: { offset: offsetOf(alias), option: undefined } };
  }

  /** Anchors count from their definition on; following an alias must not define them again. */
  #remember(node: unknown): void {
    if (this.#withinAlias > 0) return;
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) {
      this.#anchors.set(node.anchor, node);
    }
  }

  #fault(offset: number, path: ConfigPath, what: Pick<TextFault, "expected" | "found" | "remedy">): void {
    if (this.faults.length >= faultsMax) return;
    this.faults.push({ offset, path, expected: what.expected, found: what.found, remedy: what.remedy });
  }
}

const tooDeep = (offset: number, path: ConfigPath): TextFault => ({
  offset,
  path,
  expected: `at most ${depthMax} levels`,
  found: "more",
  remedy: "Look for a bracket that is never closed, or an alias that contains itself.",
});

function offsetOf(node: unknown): number {
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] ?? 0;
}

function keyText(key: unknown): string | undefined {
  const value = isScalar(key) ? key.value : undefined;
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const foundByCode: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab as indentation",
  MULTIPLE_DOCS: "a second document",
  TAG_RESOLVE_FAILED: "a tag",
};

const remedyByCode: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "Indent with spaces.",
  MULTIPLE_DOCS: "Keep one document: remove the line of three dashes and what follows.",
  TAG_RESOLVE_FAILED: 'Remove the tag, or put the text in quotes: "!text".',
  BAD_INDENT: "Indent by the same number of spaces as the neighbours; close every bracket.",
  MISSING_CHAR: "Close the bracket or the quotes, or add what is missing before this place.",
  UNEXPECTED_TOKEN:
    "Look for a bracket or quotes left open before this place; within { } put ${NAME} in quotes.",
};
