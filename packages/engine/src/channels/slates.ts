import { type PicturePlanes, PlayoutError, type ProgramFormat } from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import type { Log } from "../log/log.js";
import { copyPicture } from "../media/still-picture.js";
import { drawSlateCard } from "./slate-card.js";

/** Makes a still of an asset in program format, wherever it is decoded. */
export type StillMaker = (uri: string, format: ProgramFormat, signal: AbortSignal) => Promise<PicturePlanes>;

/**
 * The slates of an engine's channels: configured stills, decoded once before the first channel begins, and the built-in card for
 * everyone else, and for whoever's still cannot be had. A channel never waits for its slate.
 */
export class Slates {
  readonly #still: StillMaker;
  readonly #log: Log;
  /** By channel. */
  readonly #pictures = new Map<number, PicturePlanes>();

  constructor(still: StillMaker, log: Log) {
    this.#still = still;
    this.#log = log;
  }

  /** Makes the stills that these channels name. What fails is told, and the card airs instead. */
  async prepare(channels: readonly ChannelConfig[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      channels.map(async ({ id, slate, format }) => {
        if (slate.kind === "card") return;
        try {
          this.#pictures.set(id, await this.#still(slate.path, format, signal));
        } catch (thrown) {
          if (signal.aborted) return;
          this.#log.error(
            { channel: id, slate: slate.path, err: PlayoutError.from(thrown) },
            "the slate cannot be shown; the built-in card stands in for it",
          );
        }
      }),
    );
  }

  /** Fills the bus's reserved picture of a channel. */
  draw(into: PicturePlanes, { id, name, format }: Pick<ChannelConfig, "id" | "name" | "format">): void {
    const picture = this.#pictures.get(id);
    if (picture === undefined) drawSlateCard(into, format, name);
    else copyPicture(picture, into, format);
  }
}
