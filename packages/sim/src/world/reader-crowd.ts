import type { BusAddress, Committer, FrameBus, FrameLease, FrameReader, Tick } from "@retrovue/core";
import { readCompactMark } from "@retrovue/core/testing";
import { Violation } from "../check/violation.js";
import type { Random } from "../random.js";

/** What a crowd of readers reads. */
export interface ReaderCrowdOptions {
  readonly bus: FrameBus;
  readonly address: BusAddress;
  readonly firstTick: Tick;
  readonly random: Random;
  readonly committer: Committer;
}

/** Readers at one time; the oldest leaves when one more comes. */
const readersMax = 3;

/** A tick that a reader will not let go of, and what its picture said when it was read. */
interface Held {
  readonly lease: FrameLease;
  readonly mark: string;
}

/** Readers that lag, hold what they read for long, or never read at all; what they are told must be true all the same. */
export class ReaderCrowd implements AsyncDisposable {
  readonly #options: ReaderCrowdOptions;
  readonly #readers: { readonly reader: FrameReader; held: Held | undefined }[] = [];

  constructor(options: ReaderCrowdOptions) {
    this.#options = options;
  }

  /** One comes, and one that is here reads. */
  async visit(): Promise<void> {
    const { bus, address, random } = this.#options;
    const signal = new AbortController().signal;
    const reader = await bus.openReader(address, { name: "slow" }, signal);
    this.#readers.push({ reader, held: undefined });
    if (this.#readers.length > readersMax) await this.#readers.shift()?.reader[Symbol.asyncDispose]();
    const one = random.pick(this.#readers);
    if (one.held !== undefined) this.#letGo(one.held);
    one.held = await this.#read(one.reader, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reader } of this.#readers.splice(0)) await reader[Symbol.asyncDispose]();
  }

  /** Asks for an old tick, or for the one after the last, which may be long gone. */
  async #read(reader: FrameReader, signal: AbortSignal): Promise<Held | undefined> {
    const { random, firstTick, committer } = this.#options;
    const head = committer.head();
    if (head < firstTick) return undefined;
    const asked = random.chance(50) ? undefined : ((head - random.int(0, 1_000)) as Tick);
    if (asked !== undefined && asked < firstTick) return undefined;
    const expected = asked ?? this.#cursorOf(reader);
    if (expected > head) return undefined;
    const lease = asked === undefined ? await reader.next(signal) : await reader.at(asked, signal);
    const oldest = reader.oldest();
    if (lease.overrun) {
      if (lease.tick >= lease.oldest || lease.oldest !== oldest || lease.head !== head) {
        throw new Violation(
          "reader/overrun-told-truly",
          head,
          `Asked for ${lease.tick}, told ${lease.oldest} to ${lease.head}; held are ${oldest} to ${head}.`,
        );
      }
      const again = await reader.at(lease.oldest, signal);
      if (again.overrun || again.tick !== lease.oldest) {
        throw new Violation(
          "reader/overrun-told-truly",
          head,
          "The tick named by an overrun cannot be read.",
        );
      }
      return { lease: again, mark: markOf(again) };
    }
    if (lease.tick < oldest || (asked !== undefined && lease.tick !== asked)) {
      throw new Violation("reader/gets-what-it-asks-for", head, `Asked for ${asked}, got ${lease.tick}.`);
    }
    return { lease, mark: markOf(lease) };
  }

  #cursorOf(reader: FrameReader): number {
    const index = this.#readers.findIndex((one) => one.reader === reader);
    const entries = this.#options.committer.readers().filter(({ name }) => name === "slow");
    return (entries[index]?.cursor ?? -1) + 1;
  }

  /** Views that are said to be intact still show what they showed. */
  #letGo({ lease, mark }: Held): void {
    const now = markOf(lease);
    if (lease.release() === "intact" && now !== mark) {
      throw new Violation(
        "reader/torn-is-told",
        lease.tick,
        `A picture called intact showed ${mark} and now shows ${now}.`,
      );
    }
  }
}

function markOf(lease: FrameLease): string {
  const mark = readCompactMark(lease.picture.planes[0] ?? new Uint8Array());
  return mark === undefined ? "none" : `${mark.asset}/${mark.frame}/${mark.opacity}`;
}
