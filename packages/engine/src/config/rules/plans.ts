import type { ConfigPath } from "../fault.js";
import { suggest } from "../suggest.js";
import type { Rule, RuleFault } from "./rule.js";

/** What a plan handle of the configuration is. A name holds no slash; a relative path begins with `./` or holds one. */
export function planHandleKind(handle: string): "uri" | "path" | "name" {
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(handle)) return "uri";
  return handle.includes("/") ? "path" : "name";
}

/** A channel's plan must be there, unless the file says that an unknown plan airs slate. */
export const plansAreKnown: Rule = ({ document }) => {
  const names = Object.keys(document.plans);
  return document.channels.flatMap((channel, index): RuleFault[] => {
    const { plan } = channel;
    if (plan === undefined || planHandleKind(plan) !== "name" || names.includes(plan)) return [];
    const near = suggest(plan, names);
    const list = names.length === 0 ? "no plan has a name yet" : `known: ${names.join(", ")}`;
    return [
      {
        path: ["channels", index, "plan"],
        expected: `a name under plans (${list}), a path with a slash, or a URI`,
        found: JSON.stringify(plan),
        remedy:
          near === undefined
            ? `Add it under plans, as in \`plans: { ${plan}: ./plans/${plan}.yaml }\`; for a file write ./${plan}.`
            : `Did you mean ${near}?`,
        severity: document.unresolvedPlan === "slate" ? "warning" : "error",
        involves: [["plans"], ["unresolvedPlan"]],
      },
    ];
  });
};

/** A URI of a scheme that is not allowed would be refused on air. */
export const planSchemesAreAllowed: Rule = ({ document }) => {
  // test:// makes its pictures itself and opens nothing.
  const allowed = ["test", ...document.media.protocols];
  const handles: (readonly [ConfigPath, string])[] = [
    ...Object.entries(document.plans).map(([name, handle]) => [["plans", name], handle] as const),
    ...document.channels.flatMap((channel, index) =>
      channel.plan === undefined ? [] : [[["channels", index, "plan"], channel.plan] as const],
    ),
  ];
  return handles.flatMap(([path, handle]): RuleFault[] => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(handle)?.[1];
    if (scheme === undefined || allowed.includes(scheme)) return [];
    return [
      {
        path,
        expected: `a URI of a scheme that media.protocols allows (${allowed.join(", ")})`,
        found: JSON.stringify(handle),
        remedy: `Add ${scheme} to media.protocols, or use a file.`,
        severity: "error",
        involves: [["media", "protocols"]],
      },
    ];
  });
};
