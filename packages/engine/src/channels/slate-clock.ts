import {
  type FrameWriter,
  type HouseGrid,
  nsPerSecond,
  type PictureBuffer,
  type ProgramFormat,
  type Tick,
} from "@retrovue/core";
import { drawSlateCard } from "./slate-card.js";
import type { LiveSlate, SlateMoment } from "./slate-writer.js";

/** Seconds without slate after which its buffers go back. */
const idleSeconds = 2;

/** What the card is drawn with, all borrowed. */
export interface SlateClockTools {
  readonly name: string;
  readonly grid: HouseGrid;
  readonly format: ProgramFormat;
  readonly writer: FrameWriter;
}

/** The built-in card with the time of day on it: a picture for each second, drawn one ahead, while slate airs. */
export class SlateClock implements LiveSlate {
  readonly #tools: SlateClockTools;
  readonly #stop = new AbortController();
  /** By second of house time; undefined while a buffer is being borrowed. At most two at a time beside the one on air. */
  readonly #cards = new Map<number, PictureBuffer | undefined>();
  readonly #loans = new Set<Promise<void>>();
  #wanted = 0;

  constructor(tools: SlateClockTools) {
    this.#tools = tools;
  }

  at(n: Tick): SlateMoment | undefined {
    const second = this.#secondOf(n);
    this.#wanted = second;
    this.#forgetBefore(second);
    for (const needed of [second, second + 1]) if (!this.#cards.has(needed)) this.#draw(needed);
    const picture = this.#cards.get(second);
    return picture && { picture, sound: undefined };
  }

  rest(n: Tick): void {
    const second = this.#secondOf(n);
    if (this.#cards.size > 0 && second - this.#wanted > idleSeconds) this.#forgetBefore(second + idleSeconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loans);
    this.#forgetBefore(Number.POSITIVE_INFINITY);
  }

  #secondOf(n: Tick): number {
    return Number(this.#tools.grid.tickTime(n) / nsPerSecond);
  }

  #draw(second: number): void {
    const { writer, format, name } = this.#tools;
    this.#cards.set(second, undefined);
    const drawn = writer.loan(this.#stop.signal).then(
      (buffer) => {
        // Its second may have passed while the bus had none to lend.
        if (!this.#cards.has(second)) {
          buffer.release();
          return;
        }
        drawSlateCard(buffer, format, name, timeOfDay(second));
        this.#cards.set(second, buffer);
      },
      () => void this.#cards.delete(second),
    );
    this.#loans.add(drawn);
    void drawn.then(() => this.#loans.delete(drawn));
  }

  #forgetBefore(second: number): void {
    for (const [of, buffer] of this.#cards) {
      if (of >= second) continue;
      this.#cards.delete(of);
      buffer?.release();
    }
  }
}

/** In the host's zone, as on the station's wall: 09:05:00. */
function timeOfDay(second: number): string {
  const at = new Date(second * 1_000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((value) => String(value).padStart(2, "0"))
    .join(":");
}
