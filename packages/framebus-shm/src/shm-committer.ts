import {
  type BusAddress,
  type ClockMapping,
  type Committer,
  type CommitterCounters,
  type CommitterEvent,
  type Expectation,
  type LaneTicket,
  type PicturePlanes,
  PlayoutError,
  type ReaderEntry,
  type Refusal,
  type StandInPolicy,
  type StandInReason,
  standInReasons,
  type Tick,
} from "@retrovue/core";
import type { NativeCommitter } from "./native.js";
import { native } from "./native-errors.js";
import { planesAt } from "./picture-views.js";
import { readerEntries } from "./reader-rows.js";
import { pictureLayoutOf } from "./wire/format-codec.js";
import { encodeSegmentId, kindOf, reasonWord } from "./wire/meta-codec.js";

/** `why` of a refusal, by its number less one. */
export const refusalWords: readonly Refusal["why"][] = [
  "TickTaken",
  "OutOfOrder",
  "TooFar",
  "BadSound",
  "BadPicture",
];

/** Entries of one call that the native side keeps: the one in force and 64 ahead. */
const expectationsMax = 65;

/** The engine's end of a shared-memory bus: a thin shell around the native committer, which does the work. */
export class ShmCommitter implements Committer {
  readonly #address: BusAddress;
  readonly #listeners = new Set<(event: CommitterEvent) => void>();
  #native: NativeCommitter | undefined;
  #slate: PicturePlanes | undefined;

  private constructor(address: BusAddress) {
    this.#address = { engineId: address.engineId, channelId: address.channelId };
  }

  /** @param open makes the native committer; `onEvents` is for it to call when there are events */
  static async create(
    address: BusAddress,
    open: (onEvents: () => void) => Promise<NativeCommitter>,
  ): Promise<ShmCommitter> {
    const committer = new ShmCommitter(address);
    committer.#native = await open(() => committer.#deliver());
    return committer;
  }

  start(first: Tick): void {
    this.#open().start(first);
  }

  openLane(): LaneTicket {
    const open = this.#open();
    return { address: this.#address, ...native(() => open.openLane()) };
  }

  retireLane(lane: number, reason: StandInReason): void {
    this.#open().retireLane(lane, standInReasons[reason]);
  }

  expect(expectations: readonly Expectation[]): void {
    this.#open().expect(
      expectations.slice(0, expectationsMax).map((entry) => {
        const segmentId = new Uint8Array(16);
        encodeSegmentId(entry.segmentId, segmentId, 0);
        return { ...entry, segmentId };
      }),
    );
  }

  setPolicy(policy: StandInPolicy): void {
    this.#open().setPolicy(policy.holdTicksMax, policy.after === "slate" ? 1 : 2);
  }

  setReason(reason: StandInReason): void {
    this.#open().setReason(standInReasons[reason]);
  }

  setMapping(mapping: ClockMapping): void {
    this.#open().setMapping(mapping);
  }

  reserved(_kind: "slate"): PicturePlanes {
    const open = this.#open();
    this.#slate ??= planesAt(open.slate(), 0, pictureLayoutOf(new DataView(open.header())));
    return this.#slate;
  }

  head(): Tick {
    return this.#open().head() as Tick;
  }

  counters(): CommitterCounters {
    const open = this.#open();
    const [committed = 0, hold = 0, slate = 0, black = 0, refused = 0, lateCommits = 0, ...more] =
      open.counters();
    const [submitted = 0, isRealtime = 0] = more;
    const [soundThrough = -1, ...by] = open.airCounts();
    return {
      committed,
      submitted,
      standIns: { hold, slate, black },
      standInsBy: { hold: reasonsIn(by, 0), slate: reasonsIn(by, 1), black: reasonsIn(by, 2) },
      soundThrough: soundThrough as Tick,
      refused,
      lateCommits,
      isRealtime: isRealtime === 1,
    };
  }

  readers(): readonly ReaderEntry[] {
    return readerEntries(this.#open().readers());
  }

  onEvent(listener: (event: CommitterEvent) => void): Disposable {
    this.#open();
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#native;
    this.#native = undefined;
    this.#listeners.clear();
    open?.close();
  }

  #open(): NativeCommitter {
    if (this.#native === undefined) {
      throw new PlayoutError("Closed", "The committer was used after it was closed.");
    }
    return this.#native;
  }

  #deliver(): void {
    for (;;) {
      const event = this.#native?.nextEvent();
      if (event === undefined) return;
      for (const listener of [...this.#listeners]) listener(eventOf(event));
    }
  }
}

const reasons = Object.entries(standInReasons) as [StandInReason, number][];

/** Of the native counts, those of the `kind`th kind that are not zero, by their reason's word. */
function reasonsIn(counts: readonly number[], kind: number): Partial<Record<StandInReason, number>> {
  const counted = reasons.map(
    ([word, number]) => [word, counts[kind * reasons.length + number] ?? 0] as const,
  );
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

function eventOf(raw: Float64Array): CommitterEvent {
  const [type = 0, at = 0, flags = 0, reason = 0, ticks = 0] = raw;
  const tick = at as Tick;
  if (type === 0 || type === 3) {
    const word = type === 0 ? "stand-in-began" : "stand-in-changed";
    return { type: word, tick, kind: kindOf(flags) ?? "black", reason: reasonWord(reason) };
  }
  if (type === 1) return { type: "stand-in-ended", tick, ticks };
  return { type: "refused", tick, why: refusalWords[flags - 1] ?? "BadPicture" };
}
