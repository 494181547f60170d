import type { Environment } from "../config/environment.js";

/** Something text is written to, as `process.stdout`. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What a command may touch of the process that it runs in. */
export interface TerminalOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: Environment;
  /** Aborts when nobody reads stdout any more; not said: that never comes. */
  readonly readerGone?: AbortSignal;
}

type Style = "red" | "yellow" | "green" | "bold" | "dim";
/** SGR parameters, on and off (ECMA-48, 8.3.117). */
const styles: Readonly<Record<Style, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  bold: [1, 22],
  dim: [2, 22],
};

/** Writes results to stdout and errors to stderr, with colours only where people look (and NO_COLOR is not set). */
export class Terminal {
  readonly environment: Environment;
  /** Aborts when nobody reads results any more, as behind `| head`: what goes on until it is ended ends then. */
  readonly readerGone: AbortSignal;
  readonly #options: TerminalOptions;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.environment = options.environment;
    this.readerGone = options.readerGone ?? new AbortController().signal;
  }

  /** Writes a result, followed by a line end. */
  print(text: string): void {
    this.#options.stdout.write(`${text}\n`);
  }

  /** Writes `error: message`, and the remedy on the next line. */
  error(message: string, remedy?: string): void {
    this.#notice("error", "red", message, remedy);
  }

  /** Writes `warning: message`, and the remedy on the next line. */
  warn(message: string, remedy?: string): void {
    this.#notice("warning", "yellow", message, remedy);
  }

  /** Text as it is to be shown on stdout. */
  style(style: Style, text: string): string {
    return paint(style, text, this.colours("stdout"));
  }

  /** Whether a stream takes colours (no-color.org: NO_COLOR counts when it is not empty). */
  colours(stream: "stdout" | "stderr"): boolean {
    const { NO_COLOR, TERM } = this.environment;
    return this.#options[stream].isTTY === true && (NO_COLOR ?? "") === "" && TERM !== "dumb";
  }

  #notice(word: string, style: Style, message: string, remedy: string | undefined): void {
    const head = paint(style, `${word}:`, this.colours("stderr"));
    const next = remedy === undefined ? "" : `  ${remedy}\n`;
    this.#options.stderr.write(`${head} ${message}\n${next}`);
  }
}

function paint(style: Style, text: string, coloured: boolean): string {
  const [on, off] = styles[style];
  return coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
