import { type MetricDefinition, metricDefinitions } from "@retrovue/core";

/** Labels that Prometheus itself adds. */
const added = ["instance", "job"];

const byName = new Map(
  metricDefinitions.flatMap((definition) => namesOf(definition).map((name) => [name, definition] as const)),
);

/** The names that one metric's series have: a histogram has three. */
function namesOf({ name, type }: MetricDefinition): readonly string[] {
  return type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** What is wrong with a query: names that the engine does not export, and labels that none of its metrics there has. */
export function faultsOf(query: string): string[] {
  const names = [...query.matchAll(/\bretrovue_\w+/g)].map(([name]) => name);
  const unknown = names.filter((name) => !byName.has(name)).map((name) => `no metric ${name}`);
  if (names.length === 0 && !/\bup\b/.test(query)) unknown.push(`no metric in ${query}`);
  const selected = [...query.matchAll(/\b(retrovue_\w+)\{([^}]*)\}/g)].flatMap(([, name = "", inner = ""]) =>
    [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].flatMap(([, label = ""]) =>
      labelsOf([name]).has(label) ? [] : [`${name} has no label ${label}`],
    ),
  );
  const all = labelsOf(names);
  const grouped = [...query.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(
    ([, list = ""]) =>
      list
        .split(",")
        .map((label) => label.trim())
        .filter((label) => label !== "" && !all.has(label))
        .map((label) => `nothing in ${query} has a label ${label}`),
  );
  return [...unknown, ...selected, ...grouped];
}

function labelsOf(names: readonly string[]): ReadonlySet<string> {
  const own = names.flatMap((name) => byName.get(name)?.labels ?? []);
  return new Set([...own, ...added, ...(names.some((name) => name.endsWith("_bucket")) ? ["le"] : [])]);
}
