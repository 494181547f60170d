import { PlayoutError } from "@retrovue/core";
import { ControlStyle } from "@retrovue/protocol";
import type { ChannelRuntime } from "../channels/channel-runtime.js";

const words: Readonly<Record<ControlStyle, string>> = {
  [ControlStyle.UNSPECIFIED]: "nothing",
  [ControlStyle.PLAN]: "plans (UpdatePlan, ApplyPlan)",
  [ControlStyle.PREVIEW]: "preview and switch",
  [ControlStyle.BLOCKS]: "a block session",
};

/**
 * By which style of calls each channel is driven. Starting a channel leaves open which one it will be: the first call that edits
 * what airs decides, until the channel is stopped, by whomever: a style belongs to one life on air.
 */
export class Styles {
  readonly #pinned = new WeakMap<Pick<ChannelRuntime, "id">, ControlStyle>();

  /** The style of a running channel. */
  of(channel: Pick<ChannelRuntime, "id">): ControlStyle {
    return this.#pinned.get(channel) ?? ControlStyle.PLAN;
  }

  /** `MixedStyles` where the channel is driven by another style. */
  refuseOther(channel: Pick<ChannelRuntime, "id">, style: ControlStyle): void {
    const pinned = this.#pinned.get(channel);
    if (pinned === undefined || pinned === style) return;
    throw new PlayoutError("MixedStyles", `Channel ${channel.id} is driven by ${words[pinned]}.`, {
      remedy: "Go on with those calls, or stop the channel first.",
      details: { channel: channel.id, style: words[pinned] },
    });
  }

  /** From now on the channel is driven by this style. */
  pin(channel: Pick<ChannelRuntime, "id">, style: ControlStyle): void {
    this.#pinned.set(channel, style);
  }
}
