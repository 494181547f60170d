import {
  type HouseGrid,
  type MediaTime,
  type Nanoseconds,
  nanoseconds,
  nsPerSecond,
  PlayoutError,
  type PreparationTold,
  type Preview,
  type Segment,
  type Timer,
} from "@retrovue/core";
import type { PreviewWish } from "./preview-request.js";

/** `opening`: looked at in a process of its own. `priming`: the channel's worker makes it ready. */
export type PreviewPhase = "opening" | "priming" | "primed" | "failed";

/** How long media without end may stay on air after a switch. */
const endlessNs = 86_400n * nsPerSecond;

/** One preview of a channel, from its LoadPreview to its switch. */
export class LoadedPreview {
  readonly uri: string;
  readonly segmentId: string;
  readonly #wish: PreviewWish;
  readonly #settled = Promise.withResolvers<void>();
  #length: MediaTime | undefined;
  #phase: PreviewPhase = "opening";
  #failure: PlayoutError | undefined;

  constructor(uri: string, segmentId: string, wish: PreviewWish) {
    this.uri = uri;
    this.segmentId = segmentId;
    this.#wish = wish;
  }

  get phase(): PreviewPhase {
    return this.#phase;
  }

  /** Why it cannot be had. */
  get failure(): PlayoutError | undefined {
    return this.#failure;
  }

  /** What the channel's worker is to make ready. */
  get order(): Preview {
    const { uri, segmentId } = this;
    return { segmentId, asset: { uri }, inPoint: this.#wish.inPoint };
  }

  /** It opens; the asset is so long, where it has an end and says so. */
  opened(length: MediaTime | undefined): void {
    this.#length = length;
    this.#phase = "priming";
  }

  fail(why: PlayoutError): void {
    this.#phase = "failed";
    this.#failure = why;
    this.#settled.resolve();
  }

  /** What the channel's worker tells of a preview: of this one, or of another. */
  heard({ segmentId, first, state, failure }: PreparationTold): void {
    if (segmentId !== this.segmentId || first !== undefined || this.#phase === "opening") return;
    if (state === "failed") {
      this.fail(PlayoutError.from(failure?.error));
      return;
    }
    this.#phase = state === "primed" ? "primed" : "priming";
    this.#failure = undefined;
    if (state === "primed") this.#settled.resolve();
  }

  /** Resolves when it is primed or has failed, after `length` of real time, or when the signal aborts. */
  async settledWithin(length: Nanoseconds, timer: Timer, signal: AbortSignal): Promise<void> {
    const end = Promise.withResolvers<void>();
    using _late = timer.after(length, end.resolve);
    const leave = () => end.resolve();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    await Promise.race([this.#settled.promise, end.promise]);
    signal.removeEventListener("abort", leave);
  }

  /** What airs of it. */
  segment(grid: HouseGrid): Segment {
    const { inPoint, frames, rate } = this.#wish;
    const length = this.#length;
    const rest = length === undefined || length <= inPoint ? endlessNs : length - inPoint;
    const duration =
      frames === undefined ? rest : (frames * BigInt(rate.den) * nsPerSecond) / BigInt(rate.num);
    const oneTick = grid.length(1);
    return {
      id: this.segmentId,
      kind: "content",
      asset: { uri: this.uri },
      inPoint,
      duration: nanoseconds(duration > oneTick ? duration : oneTick),
      start: undefined,
      gainDb: 0,
      fadeInNs: nanoseconds(0n),
      fadeOutNs: nanoseconds(0n),
      aspect: undefined,
      labels: {},
    };
  }
}
