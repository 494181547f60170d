import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Raised when the same description would give other bytes, so that old clips are not taken for new ones. */
const generation = 1;

/** Where generated clips are kept: `RETROVUE_TEST_CLIP_DIR`, else a folder in the system's temporary one. */
export const clipFolder = (): string =>
  process.env["RETROVUE_TEST_CLIP_DIR"] ?? join(tmpdir(), "retrovue-test-clips");

/**
 * Makes a file once and finds it ever after: its name is a hash of everything that decides its content. Written beside its
 * place and then moved there, so that two processes may make the same clip at once and nobody sees half of one.
 *
 * @param described everything that decides the content, as plain values
 * @param write writes the file at the path given
 */
export async function cachedFile(
  extension: string,
  described: unknown,
  write: (path: string) => Promise<void>,
): Promise<string> {
  const text = JSON.stringify({ generation, described }, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 24);
  const folder = clipFolder();
  const path = join(folder, `${hash}.${extension}`);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const half = join(folder, `${hash}.${randomUUID()}.${extension}`);
  try {
    await write(half);
    await rename(half, path);
  } finally {
    await rm(half, { force: true });
  }
  return path;
}

/** Writes portions to a file as they come. */
export async function writePortions(path: string, portions: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, "w");
  for await (const portion of portions) await file.write(portion);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
