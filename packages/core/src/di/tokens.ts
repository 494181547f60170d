import type { FrameBus } from "../bus/frame-bus.js";
import type { Clock } from "../clock/clock.js";
import type { ConformerFactory } from "../conform/conformer.js";
import type { DecoderFactory } from "../decoder/decoder.js";
import type { MetricsRecorder } from "../metrics/recorder.js";
import type { RendererFactory } from "../renderer/renderer.js";
import type { Transport } from "../transport/transport.js";
import { Token } from "./token.js";

/** The tokens of the ports: what the composition root binds from the configuration. */
export const tokens = Object.freeze({
  clock: new Token<Clock>("Clock"),
  frameBus: new Token<FrameBus>("FrameBus"),
  /** In the order of the configuration. */
  decoders: new Token<readonly DecoderFactory[]>("Decoders"),
  conformer: new Token<ConformerFactory>("Conformer"),
  renderer: new Token<RendererFactory>("Renderer"),
  transports: new Token<readonly Transport[]>("Transports"),
  /** Bound in a channel's scope. */
  metrics: new Token<MetricsRecorder>("Metrics of a channel"),
});
