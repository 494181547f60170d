import type { ChannelStatus } from "../channels/channel-registry.js";
import type { SandboxStatus } from "../processes/sandbox.js";
import { answerJson, type HttpListener } from "./http-listener.js";

/** Whether an engine takes work, as orchestrators ask it. */
export class Health {
  #phase: "starting" | "serving" | "draining" = "starting";

  /**
   * @param channels all channels with their states
   * @param sandbox what is held against the processes that open media
   */
  constructor(
    private readonly channels: () => readonly ChannelStatus[],
    private readonly sandbox: () => SandboxStatus,
  ) {}

  get phase(): "starting" | "serving" | "draining" {
    return this.#phase;
  }

  serving(): void {
    if (this.#phase === "starting") this.#phase = "serving";
  }

  draining(): void {
    this.#phase = "draining";
  }

  /**
   * Mounts `/healthz` (200 while the process answers: restart it only when this fails) and `/readyz` (200 while the engine
   * serves; 503 while it starts or drains). A channel on slate is the channel's matter, and told, not a reason to restart.
   */
  mount(listener: HttpListener): void {
    listener.page("/healthz", (_request, response) =>
      answerJson(response, 200, { status: "ok", sandbox: this.sandbox() }),
    );
    listener.page("/readyz", (_request, response) => {
      const isReady = this.#phase === "serving";
      answerJson(response, isReady ? 200 : 503, { status: this.#phase, channels: this.channels() });
    });
  }
}
