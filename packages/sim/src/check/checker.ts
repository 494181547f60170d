import {
  type AspectPolicy,
  type ChannelSettings,
  type ChannelState,
  type Clock,
  type FrameLease,
  type Nanoseconds,
  noSegmentId,
  type Tick,
} from "@retrovue/core";
import type { Facts } from "../world/facts.js";
import { LeadChecker } from "./lead-checker.js";
import { PictureChecker } from "./picture-checker.js";
import { PreparationChecker } from "./preparation-checker.js";
import { SoundChecker } from "./sound-checker.js";
import { StandInChecker } from "./stand-in-checker.js";
import { SuccessionChecker } from "./succession-checker.js";
import { TakeoverChecker } from "./takeover-checker.js";
import { Violation } from "./violation.js";

/** What was seen of a channel. */
export interface Sight {
  ticks: number;
  seams: number;
  standIns: number;
  /** Stand-ins by reason. */
  readonly reasons: Record<string, number>;
}

/** What a checker looks at besides the ticks. */
export interface CheckerOptions {
  readonly facts: Facts;
  readonly clock: Clock;
  readonly channels: number;
  /** The program's aspect policy. */
  readonly aspect: AspectPolicy;
  /** As the channel is promised to run, whatever it was told. */
  readonly settings: ChannelSettings;
  readonly state: () => ChannelState;
}

/** Looks at every tick that airs and throws a `Violation` at the first that breaks a promise. */
export class Checker {
  readonly sight: Sight = { ticks: 0, seams: 0, standIns: 0, reasons: {} };
  readonly #options: CheckerOptions;
  readonly #pictures: PictureChecker;
  readonly #sound: SoundChecker;
  readonly #standIns: StandInChecker;
  readonly #succession: SuccessionChecker;
  readonly #lead: LeadChecker;
  readonly #preparation: PreparationChecker;
  readonly #takeover: TakeoverChecker;
  #expected: Tick;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#pictures = new PictureChecker(options.facts, options.aspect);
    this.#sound = new SoundChecker(options.facts, options.channels);
    const { facts, settings } = options;
    this.#standIns = new StandInChecker(facts, {
      holdTicksMax: facts.grid.ticksIn(settings.holdNsMax),
      shortHoldTicksMax: facts.grid.ticksIn(settings.shortHoldNs),
    });
    this.#preparation = new PreparationChecker(facts, settings);
    this.#succession = new SuccessionChecker(facts);
    this.#takeover = new TakeoverChecker(facts, settings.leadNsTarget);
    this.#lead = new LeadChecker(facts, settings.leadNsTarget, options.state);
    this.#expected = options.facts.firstTick;
  }

  get samplesChecked(): number {
    return this.#sound.samplesChecked;
  }

  get repeats(): number {
    return this.#succession.repeats;
  }

  /** The next tick, as read from the bus the moment it was committed. */
  see(lease: FrameLease): void {
    const { facts, clock } = this.#options;
    const { tick, meta } = lease;
    if (tick !== this.#expected)
      throw new Violation("tick/none-missing", tick, `${this.#expected} was next.`);
    this.#expected = (tick + 1) as Tick;
    this.sight.ticks += 1;
    const now = clock.now();
    this.#checkTiming(lease, now);
    const timeline =
      meta.segmentId === noSegmentId ? facts.timeline : facts.timelineOf(meta.planRevision, tick);
    if (timeline === undefined) {
      throw new Violation(
        "plan/in-force",
        tick,
        `Revision ${meta.planRevision} aired; ${facts.plan.revision} is in force.`,
      );
    }
    this.#sound.checkShare(lease);
    const place = timeline.at(tick);
    const segment = place.in === "segment" ? place.segment : undefined;
    if (meta.segmentId !== (segment?.id ?? noSegmentId)) {
      throw new Violation(
        "plan/boundary-exact",
        tick,
        `Segment ${meta.segmentId} aired; ${segment?.id ?? "none"} is planned.`,
      );
    }
    if (meta.firstOfSegment !== (place.in === "segment" && tick === place.first)) {
      throw new Violation("plan/first-tick-flagged", tick, `firstOfSegment is ${meta.firstOfSegment}.`);
    }
    if (meta.firstOfSegment) this.sight.seams += 1;
    const media = place.in === "segment" && segment?.asset !== undefined ? place : undefined;
    this.#succession.check(lease, media, now);
    if (place.in !== "segment" || segment?.asset === undefined) {
      this.#takeover.other();
      this.#standIns.pad(lease);
      this.#sound.checkSilence(lease);
    } else {
      const actor = facts.actors.get(segment.asset.uri);
      if (actor === undefined) throw new Error(`Nobody plays ${segment.asset.uri}.`);
      // A channel that begins in the middle of a segment fades its sound in.
      const isDisturbed = facts.disturbanceAt(now) !== undefined || tick === facts.firstTick;
      if (meta.standIn === undefined) {
        this.#pictures.check(lease, place, actor);
        this.#standIns.planned(lease, place);
        this.#takeover.planned(lease, place, now);
        this.#lead.good(lease, place, actor, now);
      } else {
        this.#lead.trouble();
        this.sight.standIns += 1;
        this.sight.reasons[meta.standInReason] = (this.sight.reasons[meta.standInReason] ?? 0) + 1;
        this.#standIns.check(lease, place, actor, now);
        this.#takeover.standIn(lease, place, actor, now);
        this.#preparation.check(lease, place, actor, now);
      }
      this.#sound.check(lease, place, actor, now, isDisturbed);
    }
  }

  #checkTiming(lease: FrameLease, now: Nanoseconds): void {
    const { facts, settings } = this.#options;
    const latest = lease.time - settings.guardNs + facts.grid.length(1);
    if (now <= latest || facts.isTimeTorn(now)) return;
    throw new Violation(
      "tick/in-time",
      lease.tick,
      `It came ${(now - latest) / 1_000n} µs after its guard time.`,
    );
  }
}
