import { builtInClocks } from "../schema/config-schema.js";
import { suggest } from "../suggest.js";
import type { Rule } from "./rule.js";

/** `sytem` would be taken for an npm package of that name; nobody means that. */
export const clockIsMeant: Rule = ({ document }) => {
  const { use } = document.clock;
  if (use.includes("/") || builtInClocks.some((name) => name === use)) return [];
  const near = suggest(use, builtInClocks);
  if (near === undefined) return [];
  return [
    {
      path: ["clock", "use"],
      expected: `one of ${builtInClocks.join(", ")}, or a plugin`,
      found: JSON.stringify(use),
      remedy: `Did you mean ${near}?`,
      severity: "error",
      involves: [],
    },
  ];
};
