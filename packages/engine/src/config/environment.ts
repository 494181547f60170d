// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text after its references were replaced, or what is wrong with one of them. */
export type Expansion =
  | { readonly ok: true; readonly text: string; readonly used: readonly string[] }
  | { readonly ok: false; readonly expected: string; readonly found: string; readonly remedy: string };

/** `$${` stands for a plain `${`; the name and default of a reference are groups 1 and 2; an open one has no group. */
const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{[^}]*\}?/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}`. As in a shell, the default is taken where the variable is unset or empty.
 * What a variable holds is not expanded again.
 */
export function expandEnvironment(text: string, environment: Environment): Expansion {
  const used: string[] = [];
  let expanded = "";
  let end = 0;
  for (const match of text.matchAll(reference)) {
    expanded += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[0] === "$${") {
      expanded += "${";
      continue;
    }
    const [whole, name, fallback] = match;
    if (name === undefined) {
      return {
        ok: false,
        expected: "a reference such as ${NAME} or ${NAME:-default}",
        found: JSON.stringify(whole),
        remedy: "Write ${NAME}, or $${ for a plain ${.",
      };
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined && fallback === undefined) {
      return {
        ok: false,
        expected: `the environment variable ${name}`,
        found: "no variable of this name",
        remedy: `Set ${name} in the environment of the engine, or give a default: \${${name}:-value}.`,
      };
    }
    used.push(name);
    expanded += value === undefined || (value === "" && fallback !== undefined) ? fallback : value;
  }
  return { ok: true, text: expanded + text.slice(end), used };
}
