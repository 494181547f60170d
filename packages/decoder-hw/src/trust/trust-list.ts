import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** What a device is trusted with, or not. */
export interface TrustKey {
  /** The device's kind and the card's own name, as "cuda NVIDIA L4": a fault of one card says nothing of another. */
  readonly device: string;
  /** libav's name of the codec, as "h264". */
  readonly codec: string;
  /** libav's name of the profile, as "High 10"; "" where the stream says none. */
  readonly profile: string;
  /** The driver's own version string: another driver starts with a clean sheet. */
  readonly driver: string;
}

/** A device in a `TrustKey`. */
export const deviceOf = ({ kind, model }: { readonly kind: string; readonly model: string }): string =>
  model === "" ? kind : `${kind} ${model}`;

/** A key that is not trusted any more. */
export interface Demotion extends TrustKey {
  /** One sentence for people: what was seen, and where. */
  readonly why: string;
  /** When, as ISO 8601 in UTC. */
  readonly since: string;
}

/** What a list is kept with. */
export interface TrustListOptions {
  /** Made when first needed; all processes of an engine share it. Undefined: what is learnt is forgotten with the process. */
  readonly folder: string | undefined;
  /** Told when the list cannot be kept: what is demoted is so in this process alone. */
  readonly onProblem?: (what: string) => void;
}

/** Demotions kept; the oldest makes room. There are about a dozen codecs with a handful of profiles each. */
export const demotionsMax = 128;

/** Longer ones were not written by us. Eight times what the texts may take. */
const bytesMax = 16_384;

/** Texts come from drivers and files; longer ones are cut. */
const textMax = 512;

const extension = ".json";

/**
 * What devices were caught at: codec and profile that gave wrong pictures, with the driver that did. Kept as one small file for
 * each, replaced as a whole, so that any number of processes may read and write at once without locks, and a damaged
 * file costs no more than itself. A demotion holds until the driver is another one, or an operator removes it.
 */
export class TrustList {
  readonly #options: TrustListOptions;
  /** What this process demoted and could not write, in the order of demotion; all there is where there is no folder. */
  readonly #own = new Map<string, Demotion>();

  constructor(options: TrustListOptions) {
    this.#options = options;
  }

  /** The demotion that holds for the key; undefined where it is trusted. One of another driver's is removed. */
  isDemoted(key: TrustKey): Demotion | undefined {
    const name = nameOf(key);
    const found = this.#read(name) ?? this.#own.get(name);
    if (found === undefined || found.driver === cut(key.driver)) return found;
    this.#own.delete(name);
    this.#remove(name);
    return undefined;
  }

  /** Trusts the device with this no more, in any process. */
  demote(key: TrustKey, why: string, since: string): void {
    const { device, codec, profile, driver } = key;
    const demotion: Demotion = {
      device: cut(device),
      codec: cut(codec),
      profile: cut(profile),
      driver: cut(driver),
      why: cut(why),
      since: cut(since),
    };
    const name = nameOf(key);
    this.#own.delete(name);
    this.#own.set(name, demotion);
    const [oldest] = this.#own.keys();
    if (this.#own.size > demotionsMax && oldest !== undefined) this.#own.delete(oldest);
    this.#write(name, demotion);
  }

  /** All that hold, latest first. */
  entries(): readonly Demotion[] {
    const all = new Map(this.#own);
    for (const name of this.#names()) {
      const found = this.#read(name);
      if (found !== undefined) all.set(name, found);
    }
    return [...all.values()].sort((a, b) => (a.since < b.since ? 1 : -1));
  }

  #pathOf(name: string): string | undefined {
    const { folder } = this.#options;
    return folder === undefined ? undefined : join(folder, name + extension);
  }

  /** Names of all files of the list, in no order. */
  #names(): string[] {
    const { folder } = this.#options;
    if (folder === undefined) return [];
    try {
      return readdirSync(folder).flatMap((file) =>
        isOurs.test(file) ? [file.slice(0, -extension.length)] : [],
      );
    } catch {
      return [];
    }
  }

  #read(name: string): Demotion | undefined {
    const path = this.#pathOf(name);
    if (path === undefined) return undefined;
    try {
      const found = demotionOf(textOf(path));
      if (found === undefined || nameOf(found) !== name) throw new TypeError("It was not written by us.");
      return found;
    } catch (thrown) {
      // What cannot be read says nothing; it is written anew when there is reason to.
      if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") this.#remove(name);
      return undefined;
    }
  }

  #write(name: string, demotion: Demotion): void {
    const { folder } = this.#options;
    const path = this.#pathOf(name);
    if (folder === undefined || path === undefined) return;
    const draft = `${path}.${process.pid}`;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(draft, `${JSON.stringify(demotion, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(draft, path);
      // From here on the file speaks, so that an operator who removes it is heard.
      this.#own.delete(name);
      this.#makeRoom();
    } catch (thrown) {
      this.#tell(thrown);
      this.#removeFile(draft);
    }
  }

  #makeRoom(): void {
    const names = this.#names();
    if (names.length <= demotionsMax) return;
    const aged = names.map((name) => ({ name, writtenMs: writtenMs(this.#pathOf(name)) }));
    aged.sort((a, b) => a.writtenMs - b.writtenMs);
    for (const { name } of aged.slice(0, names.length - demotionsMax)) this.#remove(name);
  }

  #remove(name: string): void {
    const path = this.#pathOf(name);
    if (path !== undefined) this.#removeFile(path);
  }

  #removeFile(path: string): void {
    try {
      rmSync(path, { force: true, recursive: true });
    } catch (thrown) {
      this.#tell(thrown);
    }
  }

  #tell(thrown: unknown): void {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    this.#options.onProblem?.(`The list of what devices are not trusted with cannot be kept: ${why}`);
  }
}

/** A file's name says device, codec and profile; which driver it was is in the file. */
const nameOf = ({ device, codec, profile }: TrustKey): string =>
  createHash("sha256")
    .update(JSON.stringify([cut(device), cut(codec), cut(profile)]))
    .digest("hex")
    .slice(0, 32);

const isOurs = /^[0-9a-f]{32}\.json$/;

const cut = (text: string): string => text.slice(0, textMax);

function textOf(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(fd);
    if (size > bytesMax) throw new RangeError("It is too long.");
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function writtenMs(path: string | undefined): number {
  try {
    return path === undefined ? 0 : statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

const fields = ["device", "codec", "profile", "driver", "why", "since"] as const;

function demotionOf(text: string): Demotion | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const found = value as Partial<Record<string, unknown>>;
  const texts = fields.map((field) => found[field]);
  if (!texts.every((one) => typeof one === "string")) return undefined;
  const [device = "", codec = "", profile = "", driver = "", why = "", since = ""] = texts.map(cut);
  return { device, codec, profile, driver, why, since };
}
