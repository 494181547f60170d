import type { Committer } from "../bus/committer.js";
import type { ChannelSettings } from "../channel/settings.js";
import type { Clock } from "../clock/clock.js";
import type { MetricsRecorder } from "../metrics/recorder.js";
import type { HouseGrid } from "../time/house-grid.js";
import type { Quarantine } from "./quarantine.js";
import type { SupervisorEvent } from "./supervisor-event.js";
import type { WorkerHost } from "./worker.js";

/** What a supervisor works with. The committer is its own: it starts and disposes it. */
export interface ChannelSupervisorOptions {
  readonly grid: HouseGrid;
  readonly settings: ChannelSettings;
  readonly clock: Clock;
  readonly committer: Committer;
  readonly workers: WorkerHost;
  /** Shared by all channels of an engine: an asset that kills here is not tried there. */
  readonly quarantine: Quarantine;
  readonly onEvent?: (event: SupervisorEvent) => void;
  readonly metrics?: MetricsRecorder;
}
