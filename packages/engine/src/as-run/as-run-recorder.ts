import type { HouseGrid, SegmentPlace, SupervisorEvent, Tick } from "@retrovue/core";
import type { PlanChange, StartedBy, StoppedBy } from "../channels/channel-observer.js";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import type { AiringBegan, AiringEnded } from "../control/events/as-run.js";
import { type AsRunLine, type AsRunLineOf, asRunVersion } from "./as-run-line.js";

/** What hears of a channel's life for the as-run log; all of it in the order in which it happens. */
export interface AirLog {
  started(channel: ChannelRuntime, source: string, by: StartedBy): void;
  planned(channel: ChannelRuntime, change: PlanChange): void;
  began(channel: ChannelRuntime, airing: AiringBegan): void;
  ended(channel: ChannelRuntime, airing: AiringEnded): void;
  heard(channel: ChannelRuntime, event: SupervisorEvent): void;
  /** @param end the first tick that the channel does not air */
  stopped(channel: ChannelRuntime, end: Tick, by: StoppedBy): void;
}

interface OpenStandIn {
  readonly from: Tick;
  readonly kind: AsRunLineOf<"stand-in">["kind"];
  readonly reason: AsRunLineOf<"stand-in">["reason"];
}

/** Makes the lines of the as-run log (docs/contracts/as-run.md) of what happens to channels. */
export class AsRunRecorder implements AirLog {
  readonly #engineId: string;
  readonly #append: (line: AsRunLine) => void;
  readonly #standIns = new Map<number, OpenStandIn>();

  /** @param append must not throw */
  constructor(engineId: string, append: (line: AsRunLine) => void) {
    this.#engineId = engineId;
    this.#append = append;
  }

  started({ id, config, grid, firstTick: tick, plan }: ChannelRuntime, source: string, by: StartedBy): void {
    const { num, den } = grid.frameRate;
    this.#append({
      ...head("started", id, grid, tick),
      tick,
      name: config.name,
      engine: this.#engineId,
      frameRate: `${num}/${den}`,
      sampleRate: grid.sampleRate,
      revision: plan.revision,
      source,
      ...(by && { by }),
    });
  }

  planned({ id, grid }: ChannelRuntime, { plan, before, source, effectiveTick: tick }: PlanChange): void {
    const { revision, segments } = plan;
    const common = head("planned", id, grid, tick);
    this.#append({ ...common, tick, revision, before, source, segments: segments.length });
  }

  began({ id, grid }: ChannelRuntime, { place, tick, revision }: AiringBegan): void {
    const { round, first, end } = place;
    const common = head("began", id, grid, tick);
    this.#append({ ...common, tick, revision, segment: segmentOf(place), round, first, end });
  }

  ended({ id, grid }: ChannelRuntime, airing: AiringEnded): void {
    const { place, from, end, revision, outcome, standIns, failure } = airing;
    const missing = standIns.reduce((sum, { ticks }) => sum + ticks, 0);
    this.#append({
      ...head("aired", id, grid, end),
      from,
      end,
      first: place.first,
      plannedEnd: place.end,
      revision,
      segment: segmentOf(place),
      round: place.round,
      outcome,
      asPlanned: end - from - missing,
      standIns: [...standIns],
      ...(failure && { failure: { code: failure.code, message: failure.what } }),
    });
  }

  heard(channel: ChannelRuntime, event: SupervisorEvent): void {
    const { id, grid } = channel;
    if (event.type === "stand-in-began" || event.type === "stand-in-changed") {
      this.#endStandIn(channel, event.tick);
      this.#standIns.set(id, { from: event.tick, kind: event.kind, reason: event.reason });
    }
    if (event.type === "stand-in-ended") this.#endStandIn(channel, event.tick);
    if (event.type === "worker-replaced") {
      const { from: tick, cause, barred } = event;
      this.#append({ ...head("worker-replaced", id, grid, tick), tick, cause, barred: [...barred] });
    }
  }

  stopped(channel: ChannelRuntime, end: Tick, by: StoppedBy): void {
    this.#endStandIn(channel, end);
    this.#append({ ...head("stopped", channel.id, channel.grid, end), tick: end, by });
  }

  #endStandIn({ id, grid }: ChannelRuntime, end: Tick): void {
    const open = this.#standIns.get(id);
    this.#standIns.delete(id);
    if (open === undefined || end <= open.from) return;
    this.#append({ ...head("stand-in", id, grid, end), ...open, end });
  }
}

const head = <T extends AsRunLine["type"]>(type: T, channel: number, grid: HouseGrid, tick: Tick) => ({
  v: asRunVersion as typeof asRunVersion,
  type,
  at: new Date(Number(grid.tickTime(tick) / 1_000_000n)).toISOString(),
  channel,
});

function segmentOf({ segment, index }: SegmentPlace): AsRunLineOf<"aired">["segment"] {
  const { id, kind, asset, labels } = segment;
  return {
    id,
    index,
    kind,
    ...(asset && { uri: asset.uri, ...(asset.title !== undefined && { title: asset.title }) }),
    labels: { ...labels },
  };
}
