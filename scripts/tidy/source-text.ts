/** Characters after which a slash begins a regular expression and does not divide. */
const beforeRegExp =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await))\s*$/;

/**
 * TypeScript or JavaScript source with its comments (and, where asked for, what its strings, templates and regular
 * expressions hold) replaced by blanks of the same length, so that offsets and lines stay true.
 *
 * A scanner, not a parser: it knows strings, nested templates, comments and, by what stands before them, regular
 * expressions. That is all that reading imports and calls needs, and it needs no compiler.
 */
export function blanked(source: string, what: "comments" | "comments and strings"): string {
  const out = source.split("");
  const blank = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  };
  const strings = what === "comments and strings";
  /** Depth of braces at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;

  const quoted = (quote: string, from: number) => {
    let end = from + 1;
    while (end < source.length && source[end] !== quote && source[end] !== "\n")
      end += source[end] === "\\" ? 2 : 1;
    if (strings) blank(from + 1, Math.min(end, source.length));
    return end + 1;
  };
  /** From just after a backtick or the brace that ends a placeholder, to the next placeholder or the end. */
  const template = (from: number) => {
    let end = from;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end))
      end += source[end] === "\\" ? 2 : 1;
    if (strings) blank(from, Math.min(end, source.length));
    if (source[end] === "`") return end + 1;
    templates.push(depth);
    depth += 1;
    return end + 2;
  };
  const regExp = (from: number) => {
    let end = from + 1;
    let inClass = false;
    while (end < source.length && source[end] !== "\n" && (inClass || source[end] !== "/")) {
      if (source[end] === "[") inClass = true;
      else if (source[end] === "]") inClass = false;
      end += source[end] === "\\" ? 2 : 1;
    }
    if (strings) blank(from + 1, Math.min(end, source.length));
    return end + 1;
  };

  while (at < source.length) {
    const here = source[at] ?? "";
    if (source.startsWith("//", at)) {
      const end = source.indexOf("\n", at);
      const stop = end === -1 ? source.length : end;
      blank(at, stop);
      at = stop;
    } else if (source.startsWith("/*", at)) {
      const end = source.indexOf("*/", at + 2);
      const stop = end === -1 ? source.length : end + 2;
      blank(at, stop);
      at = stop;
    } else if (here === '"' || here === "'") at = quoted(here, at);
    else if (here === "`") at = template(at + 1);
    else if (here === "/" && beforeRegExp.test(out.slice(Math.max(0, at - 40), at).join(""))) at = regExp(at);
    else if (here === "{") {
      depth += 1;
      at += 1;
    } else if (here === "}") {
      depth -= 1;
      at += 1;
      if (templates.at(-1) === depth) {
        templates.pop();
        at = template(at);
      }
    } else at += 1;
  }
  return out.join("");
}
