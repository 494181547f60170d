import { type HostTime, nanosecondsFromMs, Quarantine, type WorkerHost } from "@retrovue/core";
import { type Mutant, mutant } from "./mutation.js";

/** Bars nobody. */
class OpenDoor extends Quarantine {
  override isBarred(): boolean {
    return false;
  }
}

/** Workers that cannot be killed from outside. */
const unkillable = (host: WorkerHost): WorkerHost => ({
  spawn: (order, listener) => {
    const worker = host.spawn(order, listener);
    return { setPlan: (plan) => worker.setPlan(plan), kill: () => {}, stop: () => worker.stop() };
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
      return { setPlan: () => {}, kill: end, stop: end };
    },
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
  mutant("lead-not-filled", "What the lead has lost is not made good.", "lead/refilled", () => ({
    settings: (settings) => ({ ...settings, leadNsTarget: nanosecondsFromMs(200) }),
  })),
  mutant("time-is-set", "House time jumps with the host's UTC.", "clock/slews-gently", () => ({
    host: settable,
  })),
];
