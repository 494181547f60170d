import type { FuzzCases } from "./cases.ts";
import { lineOf } from "./cases.ts";
import { isFinding, Player } from "./player.ts";
import { type Plant, plants, sanitized } from "./players.ts";

/** What each planted fault must be found as. */
const foundAs: Readonly<Record<Plant, string>> = {
  overrun: "fault",
  overflow: "fault",
  leak: "leaked",
  hang: "hung",
};
/** A fault shows at the first picture; broken files may have none for a while. */
const triesMax = 40;

/** Lets the sanitized player have each fault in turn. Returns what was not found, in words. */
export async function plantsUnfound(cases: FuzzCases): Promise<string[]> {
  const unfound: string[] = [];
  for (const plant of plants) {
    const found = await firstFinding(cases, plant);
    if (found !== foundAs[plant]) unfound.push(`${plant}: found as ${found}, not as ${foundAs[plant]}`);
  }
  return unfound;
}

async function firstFinding(cases: FuzzCases, plant: Plant): Promise<string> {
  const player = new Player(sanitized(plant));
  try {
    for (let number = 0; number < triesMax; number++) {
      const verdict = await player.play(lineOf(cases.at(number)));
      if (isFinding(verdict)) return verdict.end;
    }
    return "nothing";
  } finally {
    await player.stop();
  }
}
