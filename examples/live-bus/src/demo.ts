import { spawn } from "node:child_process";
import { join } from "node:path";
import { writeLive } from "./live-writer.js";

const repository = join(import.meta.dirname, "../../..");

/** How the demonstration ended. */
export interface DemoEnd {
  /** The reader's exit status; 127 where there is no Python. */
  readonly status: number;
}

/**
 * Runs the writer here and the Python reader beside it until the reader ends.
 *
 * @param words for the reader, after engine and channel
 * @param say is called with what the reader prints
 */
export async function runDemo(words: readonly string[], say: (text: string) => void): Promise<DemoEnd> {
  const ending = new AbortController();
  const address = { prefix: `retrovue-demo-${process.pid}`, engineId: "demo", channelId: 1 };
  const ready = Promise.withResolvers<void>();
  const writing = writeLive(address, ending.signal, ready.resolve);
  try {
    // Whichever comes first: a writer that fails is never ready.
    await Promise.race([ready.promise, writing]);
    return { status: await runReader(address.prefix, words, say) };
  } finally {
    ending.abort();
    await writing;
  }
}

function runReader(prefix: string, words: readonly string[], say: (text: string) => void): Promise<number> {
  const script = join(repository, "examples/python-reader/read_pictures.py");
  const child = spawn("python3", [script, "demo", "1", "--prefix", prefix, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PYTHONPATH: join(repository, "clients/python/src") },
  });
  child.stdout.setEncoding("utf8").on("data", say);
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? resolve(127) : reject(error),
    );
    child.once("close", (status) => resolve(status ?? 1));
  });
}
