import { PlayoutError } from "@retrovue/core";

/** What the configuration may say of this bus. */
export interface ShmFrameBusOptions {
  /** Begins the names of all objects: 1 to 32 characters of `a-z`, `0-9`, `-`, `_`. Default "retrovue". */
  readonly prefix?: string;
  /** An absolute path on a tmpfs. Default "/dev/shm". */
  readonly directory?: string;
}

/** The options with their defaults. `InvalidArgument` names the field that is wrong. */
export function parseOptions(value: unknown): Required<ShmFrameBusOptions> {
  const given = value ?? {};
  if (typeof given !== "object" || Array.isArray(given)) throw wrong("options", "must be a mapping");
  for (const key of Object.keys(given)) {
    if (key !== "prefix" && key !== "directory")
      throw wrong(key, "is not an option of the shared-memory bus");
  }
  const { prefix = "retrovue", directory = "/dev/shm" } = given as Record<string, unknown>;
  if (typeof prefix !== "string" || !/^[a-z0-9_-]{1,32}$/.test(prefix)) {
    throw wrong("prefix", "must be 1 to 32 characters of a-z, 0-9, - and _");
  }
  if (typeof directory !== "string" || !directory.startsWith("/") || directory.includes("\0")) {
    throw wrong("directory", "must be an absolute path");
  }
  return { prefix, directory: directory.length > 1 ? directory.replace(/\/+$/, "") : directory };
}

const wrong = (field: string, what: string) =>
  new PlayoutError("InvalidArgument", `frameBus.${field} ${what}.`, { details: { field } });
