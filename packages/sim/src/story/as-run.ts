import type { FrameLease } from "@retrovue/core";

/** Ticks of one segment that aired in the same way. */
interface Run {
  readonly key: string;
  readonly how: string;
  readonly from: number;
  to: number;
  readonly firstFrame: number | undefined;
  lastFrame: number | undefined;
  repeats: number;
  silentSamples: number;
}

/** Gathers what aired into one line for each run of ticks that are alike. */
export class AsRun {
  #run: Run | undefined;

  /** Takes a tick; answers the line of the run that it ends, if it ends one. */
  add(lease: FrameLease, at: number): string | undefined {
    const { meta } = lease;
    const how = howItAired(lease);
    const key = `${meta.segmentId} ${how}`;
    const run = this.#run;
    if (run?.key === key) {
      run.to = at;
      run.lastFrame = meta.sourceIndex;
      run.repeats += meta.repeat ? 1 : 0;
      run.silentSamples += meta.silentSamples;
      return undefined;
    }
    this.#run = {
      key,
      how,
      from: at,
      to: at,
      firstFrame: meta.sourceIndex,
      lastFrame: meta.sourceIndex,
      repeats: meta.repeat ? 1 : 0,
      silentSamples: meta.silentSamples,
    };
    return run && lineOf(run);
  }

  /** The line of the run that is still open. */
  end(): string | undefined {
    return this.#run && lineOf(this.#run);
  }
}

function howItAired({ meta }: FrameLease): string {
  const who = `${meta.segmentId.slice(-6)} ${meta.assetUri === "" ? "nothing planned" : meta.assetUri}`;
  if (meta.pad) return `black as planned   ${who}`;
  if (meta.standIn === undefined) return `on air             ${who}`;
  return `${`${meta.standIn.toUpperCase()} (${meta.standInReason})`.padEnd(18)} ${who}`;
}

function lineOf(run: Run): string {
  const ticks = `#${run.from}..#${run.to}`.padEnd(16);
  const details = [
    run.firstFrame === undefined || run.lastFrame === undefined
      ? ""
      : `frames ${run.firstFrame}..${run.lastFrame}`,
    run.repeats > 0 ? `${run.repeats} repeats` : "",
    run.silentSamples > 0 ? `${run.silentSamples} samples missing` : "",
  ].filter((detail) => detail !== "");
  return `${ticks} ${run.how}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
}
