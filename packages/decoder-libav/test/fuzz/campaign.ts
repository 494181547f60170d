import { type FuzzCase, type FuzzCases, lineOf } from "./cases.ts";
import { isFinding, Player, type Verdict } from "./player.ts";
import { addon, perturbed, sanitized } from "./players.ts";

/** A case that must not be as it is. */
export interface Finding {
  readonly number: number;
  readonly clip: string;
  readonly player: string;
  readonly end: string;
  /** Whose code was at work: "ours", or the library that it happened in. "unknown" where nobody said. */
  readonly where: string;
  readonly words: string;
}

/** How far a campaign has come. */
export interface Progress {
  /** All cases below this number are done. */
  next: number;
  played: number;
  /** How cases ended in the sanitized player, by what it answered. */
  readonly ends: Record<string, number>;
  readonly findings: Finding[];
}

/** What a run is given. */
export interface CampaignOptions {
  readonly cases: FuzzCases;
  /** Cases below this number. */
  readonly until: number;
  /** Players of each kind at once. */
  readonly jobs: number;
  /** Asked before each case. */
  readonly isOver: () => boolean;
  /** Called after each case. */
  readonly onCase: (progress: Progress) => void;
}

/** Every case is sanitized; one in so many is also played with the perturbing allocator, and through the addon. */
const perturbedEvery = 4;
const addonEvery = 12;

export const startOfCampaign = (): Progress => ({ next: 0, played: 0, ends: {}, findings: [] });

/** Plays cases from where `progress` is, until it is over or all are played. */
export async function runCampaign(progress: Progress, options: CampaignOptions): Promise<void> {
  const underWay = new Set<number>();
  let taken = progress.next;
  const work = async () => {
    const players = new Players();
    try {
      while (taken < options.until && !options.isOver()) {
        const number = taken++;
        underWay.add(number);
        await players.play(options.cases.at(number), progress);
        underWay.delete(number);
        progress.played++;
        progress.next = underWay.size > 0 ? Math.min(...underWay) : taken;
        options.onCase(progress);
      }
    } finally {
      await players.stop();
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
}

/** One of each kind. */
class Players {
  readonly #sanitized = new Player(sanitized());
  readonly #perturbed = new Player(perturbed());
  readonly #addon = new Player(addon());

  async play(it: FuzzCase, progress: Progress): Promise<void> {
    const verdict = await this.#judge(this.#sanitized, it, progress);
    progress.ends[verdict.end] = (progress.ends[verdict.end] ?? 0) + 1;
    // Whatever a sanitizer has found: what does it do to a worker?
    const matters = isFinding(verdict);
    if (matters || it.number % perturbedEvery === 1) await this.#judge(this.#perturbed, it, progress);
    if (matters || it.number % addonEvery === 2) await this.#judge(this.#addon, it, progress);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#sanitized.stop(), this.#perturbed.stop(), this.#addon.stop()]);
  }

  async #judge(player: Player, it: FuzzCase, progress: Progress): Promise<Verdict> {
    const verdict = await player.play(lineOf(it));
    if (isFinding(verdict)) progress.findings.push(findingOf(player.name, it, verdict));
    return verdict;
  }
}

/** A verdict that is a finding, with its place. */
export const findingOf = (player: string, it: FuzzCase, verdict: Verdict): Finding => ({
  number: it.number,
  clip: it.clip.name,
  player,
  end: verdict.end,
  where: whereOf(verdict.words),
  words: verdict.words,
});

/** The first frame of a report that is neither the sanitizer's nor the C library's. */
function whereOf(words: string): string {
  for (const [, frame = ""] of words.matchAll(/^\s*#\d+ 0x[0-9a-f]+ (.*)$/gm)) {
    if (/sanitizer|lib(?:asan|ubsan|c|m|pthread|stdc\+\+|gcc_s)\.so/.test(frame)) continue;
    const library = /\(\S*\/(lib[\w+-]+)\.so[^)]*\)/.exec(frame)?.[1];
    return library ?? "ours";
  }
  return "unknown";
}
