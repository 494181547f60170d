/** SGR parameters (ECMA-48, 8.3.117) by level. */
const colourOf: Readonly<Record<string, number>> = {
  trace: 90,
  debug: 90,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 31,
};

/** A JSON line of the log as a line for people: `20:15:04.125 info  channel 1: message  tick=5 asset=…`. */
export function prettyLine(line: string, colours: boolean): string {
  const { time, level, message, channel, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const word = String(level).padEnd(5);
  const shownLevel = colours ? `\u001b[${colourOf[String(level)] ?? 0}m${word}\u001b[0m` : word;
  const who = channel === undefined ? "" : `channel ${String(channel)}: `;
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${inWords(value)}`);
  const tail =
    fields.length === 0 ? "" : `  ${colours ? `\u001b[90m${fields.join(" ")}\u001b[0m` : fields.join(" ")}`;
  const { code, what, remedy, stack } = (err ?? {}) as Record<string, unknown>;
  const failure =
    err === undefined
      ? ""
      : `\n    ${[`${String(what)} (${String(code)})`, remedy, stack].filter(Boolean).join("\n    ")}`;
  return `${String(time).slice(11, 23)} ${shownLevel} ${who}${String(message)}${tail}${failure}\n`;
}

const inWords = (value: unknown): string =>
  typeof value === "string" && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
