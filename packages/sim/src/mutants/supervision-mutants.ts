import {
  type ChannelEvent,
  type HostTime,
  nanosecondsFromMs,
  Quarantine,
  type SupervisorEvent,
  type Worker,
  type WorkerHost,
} from "@retrovue/core";
import { type Mutant, mutant } from "./mutation.js";

/** Bars nobody. */
class OpenDoor extends Quarantine {
  override isBarred(): boolean {
    return false;
  }
}

/** A worker some of whose calls do something else. */
const changed = (worker: Worker, how: Partial<Worker>): Worker => ({
  ...(worker.isWarm !== undefined && { isWarm: worker.isWarm }),
  setPlan: (plan) => worker.setPlan(plan),
  setPreview: (preview) => worker.setPreview(preview),
  hold: () => worker.hold(),
  release: () => worker.release(),
  kill: (cause) => worker.kill(cause),
  stop: () => worker.stop(),
  ...how,
});

/** Workers that cannot be killed from outside. */
const unkillable = (host: WorkerHost): WorkerHost => ({
  spawn: (order, listener) => {
    const worker = host.spawn(order, listener);
    return changed(worker, { kill: () => {} });
  },
});

/** Every other worker is one that never begins. */
function everyOtherADud(host: WorkerHost): WorkerHost {
  let spawned = 0;
  return {
    spawn: (order, listener) => {
      spawned += 1;
      if (spawned % 2 === 1) return host.spawn(order, listener);
      const end = () => queueMicrotask(() => listener.onExit({ cause: "never began", suspects: [] }));
      return {
        setPlan: () => {},
        setPreview: () => {},
        hold: () => Promise.resolve(undefined),
        release: () => {},
        kill: end,
        stop: end,
      };
    },
  };
}

/** Workers that neither leave nor can be killed. */
const staying = (host: WorkerHost): WorkerHost => ({
  spawn: (order, listener) => {
    const worker = host.spawn(order, listener);
    return changed(worker, { kill: () => {}, stop: () => {} });
  },
});

/** Workers that never say that their quick retries are used up. */
const hopeful = (host: WorkerHost): WorkerHost => ({
  spawn: (order, listener) =>
    host.spawn(order, {
      onEvent: (event) => listener.onEvent(event.type === "source-failed" ? withHope(event) : event),
      onAlive: (isOpen) => listener.onAlive(isOpen),
      onExit: (exit) => listener.onExit(exit),
    }),
});

function withHope(event: Extract<ChannelEvent, { type: "source-failed" }>): ChannelEvent {
  const { failure } = event;
  if (failure.retry === undefined) return event;
  return { ...event, failure: { ...failure, retry: { ...failure.retry, exhausted: false } } };
}

/** Every other change of state is not told. */
function halfTold(hear: (event: SupervisorEvent) => void): (event: SupervisorEvent) => void {
  let changes = 0;
  return (event) => {
    if (event.type === "state") changes += 1;
    if (event.type !== "state" || changes % 2 === 1) hear(event);
  };
}

/** A host whose monotonic clock is its UTC: whoever sets the one sets the other. */
const settable = (host: HostTime): HostTime => ({
  monotonic: () => host.utc(),
  utc: () => host.utc(),
  timer: host.timer,
});

/** Channels that are looked after badly. */
export const supervisionMutants: readonly Mutant[] = [
  mutant(
    "no-quarantine",
    "An asset that killed a worker is opened by the next one.",
    "worker/hostile-asset-kills-once",
    () => ({ quarantine: () => new OpenDoor() }),
  ),
  mutant("frozen-worker-kept", "A worker that does nothing is kept.", "worker/frozen-is-replaced", () => ({
    workers: unkillable,
  })),
  mutant(
    "worker-not-replaced",
    "A worker that died is replaced seconds later.",
    "worker/replaced-at-once",
    () => ({
      workers: everyOtherADud,
    }),
  ),
  mutant(
    "quarantine-of-its-own",
    "What killed a worker of one channel is tried on the other.",
    "worker/hostile-asset-kills-once",
    () => ({ quarantine: () => new Quarantine() }),
  ),
  mutant("state-not-told", "Every other change of state is not told.", "channel/legal-states", () => ({
    events: halfTold,
  })),
  mutant("never-ready", "No lead is long enough to be ready.", "channel/ready-when-filled", () => ({
    supervised: (settings) => ({ ...settings, leadNsMin: nanosecondsFromMs(10_000) }),
  })),
  mutant(
    "never-gives-up",
    "A channel whose quick retries are used up says that it is ready.",
    "channel/error-when-given-up",
    () => ({ workers: hopeful }),
  ),
  mutant("never-stops", "A channel that is told to stop goes on.", "channel/stops", () => ({
    workers: staying,
  })),
  mutant("lead-not-filled", "What the lead has lost is not made good.", "lead/refilled", () => ({
    settings: (settings) => ({ ...settings, leadNsTarget: nanosecondsFromMs(200) }),
  })),
  mutant("time-is-set", "House time jumps with the host's UTC.", "clock/slews-gently", () => ({
    host: settable,
  })),
];
