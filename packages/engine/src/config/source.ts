import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Far above what a thousand channels need, far below what would hurt. */
export const configBytesMax = 1_048_576;

/** Why a file gave no text. `missing` and `forbidden` concern the file itself, the rest its content. */
export interface Unreadable {
  readonly reason: "missing" | "forbidden" | "unfit";
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** Reads a configuration file as UTF-8 text, within bounds; never waits on a pipe or a device. */
export function readSource(
  file: string,
): { readonly ok: true; readonly text: string } | ({ readonly ok: false } & Unreadable) {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, ...whyNotOpened(error) };
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) {
      const found = stat.isDirectory() ? "a folder" : "something not a file";
      return unfit(
        "a file",
        found,
        "Name a YAML or JSON file, as in `retrovue-playout --config playout.yaml`.",
      );
    }
    const buffer = Buffer.alloc(configBytesMax + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length > configBytesMax) break;
    }
    if (length > configBytesMax) {
      return unfit(
        `a file of at most ${configBytesMax} bytes`,
        `more than that (${stat.size} bytes)`,
        "Check that it is a configuration; what channels share goes under `defaults`.",
      );
    }
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (error) {
    if (error instanceof TypeError) {
      return unfit("text in UTF-8", "bytes that are not UTF-8", "Save the file as UTF-8.");
    }
    return unfit(
      "a readable file",
      error instanceof Error ? error.message : String(error),
      "Check the path and the disk.",
    );
  } finally {
    closeSync(descriptor);
  }
}

const unfit = (expected: string, found: string, remedy: string): { readonly ok: false } & Unreadable => ({
  ok: false,
  reason: "unfit",
  expected,
  found,
  remedy,
});

function whyNotOpened(error: unknown): Unreadable {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") {
    return {
      reason: "missing",
      expected: "a configuration file",
      found: "no file of this name",
      remedy: "Check the path, or start from an example in examples/config/.",
    };
  }
  if (code === "EACCES" || code === "EPERM") {
    return {
      reason: "forbidden",
      expected: "a file that may be read",
      found: "no permission to read it",
      remedy: "Allow the engine's user to read the file and to enter its folder.",
    };
  }
  return {
    reason: "unfit",
    expected: "a readable file",
    found: error instanceof Error ? error.message : String(error),
    remedy: "Check the path and the disk.",
  };
}
