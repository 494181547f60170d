import type { Container } from "@retrovue/core/di";
import type { Teardown } from "../teardown.js";
import { engineTokens } from "../tokens.js";
import { CallQueues } from "./call-queues.js";
import { ClockWatch } from "./clock-watch.js";
import { EngineControl } from "./engine-control.js";
import { MasterClockService } from "./master-clock.js";
import { PlanCheck } from "./plan-check.js";
import { PlayoutControlService } from "./playout-control.js";
import { PlayoutPlansService } from "./playout-plans.js";
import { PlayoutStatusService } from "./playout-status.js";
import { PreviewControl } from "./preview-control.js";
import { RequestedChannels } from "./requested-channels.js";
import { Styles } from "./styles.js";

/** The control plane, and what it has to do before anyone calls. */
export interface OpenControl {
  readonly control: EngineControl;
  /** Puts on air again what requests had on air when the engine ended. Never rejects. */
  readonly resume: () => Promise<void>;
}

/** Makes the control plane of an engine from its parts. */
export function openControl(scope: Container, version: string, teardown: Teardown): OpenControl {
  const config = scope.resolve(engineTokens.config);
  const host = scope.resolve(engineTokens.hostTime);
  const clock = scope.resolve(engineTokens.clock);
  const log = scope.resolve(engineTokens.log);
  const events = scope.resolve(engineTokens.events);
  const records = scope.resolve(engineTokens.records);
  const channels = scope.resolve(engineTokens.channels);
  const health = scope.resolve(engineTokens.health);
  const counts = scope.resolve(engineTokens.counts);
  const watch = new ClockWatch({ clock, events, timer: host.timer });
  teardown.add("telemetry", "watch of the clock", () => watch[Symbol.dispose]());
  const shared = {
    channels,
    records,
    clock,
    styles: new Styles(),
    calls: new CallQueues(clock),
    resolver: scope.resolve(engineTokens.planResolver),
    lengths: scope.resolve(engineTokens.lengths),
    assets: scope.resolve(engineTokens.assets),
    segmentsMax: config.limits.planSegments,
    timer: host.timer,
    metricsOf: (id: number) => counts.get(id),
  };
  const { dataDir, keepDays } = config.engine;
  const requested = new RequestedChannels({
    dataDir,
    keepDays,
    utc: () => host.utc(),
    timer: host.timer,
    log,
  });
  teardown.add("telemetry", "requested channels", () => requested[Symbol.asyncDispose]());
  const playoutControl = new PlayoutControlService({
    ...shared,
    preview: new PreviewControl(shared),
    ports: scope.resolve(engineTokens.channelPorts),
    defaults: config.defaults,
    requested,
    log,
  });
  const control = new EngineControl(
    {
      control: playoutControl,
      plans: new PlayoutPlansService(shared),
      status: new PlayoutStatusService({
        ...shared,
        events,
        planCheck: new PlanCheck(shared),
        engine: { id: config.engine.id, version, startedAt: clock.now() },
        isDraining: () => health.phase === "draining",
        countsOf: (id) => counts.get(id),
      }),
      clock: new MasterClockService({
        clock,
        host,
        runId: events.runId,
        log,
        onCorrected: (stepNs) => watch.look(stepNs),
      }),
    },
    log,
    () => host.monotonic(),
  );
  return { control, resume: () => playoutControl.resume() };
}
