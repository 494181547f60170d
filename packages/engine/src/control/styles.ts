import { PlayoutError } from "@retrovue/core";
import { ControlStyle } from "@retrovue/protocol";

const words: Readonly<Record<ControlStyle, string>> = {
  [ControlStyle.UNSPECIFIED]: "nothing",
  [ControlStyle.PLAN]: "plans (UpdatePlan, ApplyPlan)",
  [ControlStyle.PREVIEW]: "preview and switch",
  [ControlStyle.BLOCKS]: "a block session",
};

/**
 * By which style of calls each channel is driven. Starting a channel leaves open which one it will be: the first call that edits
 * what airs decides, until the channel is stopped.
 */
export class Styles {
  readonly #pinned = new Map<number, ControlStyle>();

  /** The style of a running channel. */
  of(id: number): ControlStyle {
    return this.#pinned.get(id) ?? ControlStyle.PLAN;
  }

  /** `MixedStyles` where the channel is driven by another style. */
  refuseOther(id: number, style: ControlStyle): void {
    const pinned = this.#pinned.get(id);
    if (pinned === undefined || pinned === style) return;
    throw new PlayoutError("MixedStyles", `Channel ${id} is driven by ${words[pinned]}.`, {
      remedy: "Go on with those calls, or stop the channel first.",
      details: { channel: id, style: words[pinned] },
    });
  }

  /** From now on the channel is driven by this style. */
  pin(id: number, style: ControlStyle): void {
    this.#pinned.set(id, style);
  }

  /** The channel was stopped. */
  forget(id: number): void {
    this.#pinned.delete(id);
  }
}
