import type { Clock, Committer, FrameBus, PicturePlanes } from "@retrovue/core";
import type { ChannelConfig } from "../config/playout-config.js";
import { copyPicture } from "../media/still-picture.js";
import { busSpecOf } from "./core-settings.js";
import type { Slates } from "./slates.js";

/** What a channel's bus is made with. */
export interface MakeBusTools {
  readonly engineId: string;
  readonly clock: Clock;
  readonly bus: FrameBus;
  readonly slates: Slates;
}

/** Makes the bus of a channel, with its slate on it. Rejects as `FrameBus.create` does. */
export async function makeBus(
  config: ChannelConfig,
  { engineId, clock, bus, slates }: MakeBusTools,
  signal: AbortSignal,
): Promise<Committer> {
  const making = bus.create(busSpecOf(engineId, config.id, config, clock.mapping()), signal);
  // It may fail before the slate is there: told below, and until then not unheard.
  making.catch(() => {});
  let slate: PicturePlanes;
  try {
    // Had while a thread of the bus's own takes the memory: both take about a tenth of a second the first time.
    slate = await slates.of(config, signal);
  } catch (thrown) {
    await making.then((made) => made[Symbol.asyncDispose]()).catch(() => {});
    throw thrown;
  }
  const committer = await making;
  copyPicture(slate, committer.reserved("slate"), config.format);
  return committer;
}
