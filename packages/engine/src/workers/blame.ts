import type { BarredPair, Nanoseconds, Suspect } from "@retrovue/core";
import type { BreadcrumbTable } from "./breadcrumb-table.js";

/** Signals that a fault of a process's own code ends it by; SIGABRT may also be the runtime's out-of-memory. */
export const faultSignals: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS"]);

/** A successor that faults in the same place does so within this time: a cold one takes some seconds to come there. */
const againNsMax = 10_000_000_000n;

/** What one decoder left behind. */
export interface DecoderTable extends BreadcrumbTable {
  readonly decoderIndex: number;
  /** True where crumbs were left around its calls, false where its own threads left them. */
  readonly isFromOutside: boolean;
}

/**
 * Who takes the blame for the end of a process. Threads that leave their own crumbs note who faulted, and where none did and one asset
 * alone was at work in such threads it has the blame. A fault that was noted clears all others, also where the name of its asset is
 * of no use: then nobody is to blame.
 *
 * Of a decoder whose calls were noted from outside it is not known whether its thread faulted, nor whether the signal was sent.
 * Opening (a probe, a seek) is short and rare: a fault in the midst of it is put down to it at once, the call that had not given
 * its promise yet before the only one that was waited for. Reading is what whoever is on air does nearly all of the time: it has
 * the blame when the next process ends there as well. What was only waited for is blamed only where no threads with crumbs of their
 * own were at work: they may have faulted and not been able to note it.
 */
export class Blame {
  readonly #now: () => Nanoseconds;
  /** Who was reading at a fault, and when that was. */
  readonly #accused = new Map<string, Nanoseconds>();

  constructor(now: () => Nanoseconds) {
    this.#now = now;
  }

  /** @param cause the signal that ended the process, or its exit code in words */
  suspects(tables: readonly DecoderTable[], cause: string): readonly Suspect[] {
    const isSent = tables.some((table) => table.isSent);
    const isFault = faultSignals.has(cause) && !isSent;
    const pairs = tables.flatMap((table) => table.assets.map((uri) => ({ uri, table })));
    const inside = pairs.filter(({ table }) => !table.isFromOutside);
    const isNoted = tables.some(({ isFromOutside, hasFault }) => !isFromOutside && hasFault);
    const isAlone = isFault && inside.length === 1 && !tables.some(({ hasFault }) => hasFault);
    const outside = isNoted || isSent ? [] : tables.filter(({ isFromOutside }) => isFromOutside);
    const blamed = this.#blamedFromOutside(outside, cause, isFault, inside.length > 0);
    return pairs.map(({ uri, table: { decoderIndex, guilty, isFromOutside } }): Suspect => {
      const isGuilty = isFromOutside
        ? blamed?.uri === uri && blamed.decoderIndex === decoderIndex
        : uri === guilty || isAlone;
      return { uri, decoderIndex, guilty: isGuilty };
    });
  }

  #blamedFromOutside(
    tables: readonly DecoderTable[],
    cause: string,
    isFault: boolean,
    isWorkInside: boolean,
  ): BarredPair | undefined {
    const entered = tables.find(({ guilty }) => guilty !== undefined);
    // A process that gives up in the midst of opening a file does so because of it; in reading it may be out of memory.
    if (entered?.guilty !== undefined && entered.isGuiltyOpening && (isFault || cause === "SIGABRT"))
      return { uri: entered.guilty, decoderIndex: entered.decoderIndex };
    const atWork = pairsOf(tables, ({ assets }) => assets);
    const isWaiting = isFault && !isWorkInside && !tables.some(({ hasFault }) => hasFault);
    const openings = isWaiting ? pairsOf(tables, ({ openings: uris }) => uris) : [];
    if (openings.length === 1) return openings[0];
    if (isFault && entered?.guilty !== undefined)
      return this.#accuse({ uri: entered.guilty, decoderIndex: entered.decoderIndex }, atWork);
    return this.#accuse(isWaiting && atWork.length === 1 ? atWork[0] : undefined, atWork);
  }

  /** @returns the accused, where it was accused shortly before as well */
  #accuse(accused: BarredPair | undefined, atWork: readonly BarredPair[]): BarredPair | undefined {
    const at = this.#now();
    for (const [key, before] of this.#accused) if (at - before > againNsMax) this.#accused.delete(key);
    const wasAccused = accused !== undefined && this.#accused.has(keyOf(accused));
    // Whoever was at work as a process ended for some other reason is cleared.
    for (const pair of atWork) this.#accused.delete(keyOf(pair));
    if (accused !== undefined && !wasAccused) this.#accused.set(keyOf(accused), at);
    return wasAccused ? accused : undefined;
  }
}

const keyOf = ({ uri, decoderIndex }: BarredPair): string => `${decoderIndex} ${uri}`;

const pairsOf = (
  tables: readonly DecoderTable[],
  of: (table: DecoderTable) => readonly string[],
): readonly BarredPair[] =>
  tables.flatMap((table) => of(table).map((uri) => ({ uri, decoderIndex: table.decoderIndex })));
