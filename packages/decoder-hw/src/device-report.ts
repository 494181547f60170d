import type { DeviceState } from "./device-set.js";
import type { Capability } from "./native.js";
import type { Outage } from "./trust/device-outages.js";
import type { SessionBudget } from "./trust/session-budget.js";
import { type Demotion, deviceOf } from "./trust/trust-list.js";

/** A device as people are told of it. Plain values. */
export interface DeviceReport {
  /** "cuda:0". */
  readonly name: string;
  /** Why it cannot be used; left out where it can. */
  readonly problem?: string;
  readonly model?: string;
  readonly driver?: string;
  /** Of all processes of the machine that keep count in the same folder. */
  readonly sessions: { readonly inUse: number; readonly max: number };
  readonly capabilities: readonly Capability[];
  /** What it is not trusted with under its present driver, latest first. */
  readonly demotions: readonly Omit<Demotion, "device" | "driver">[];
}

/** What is known of devices beside what they say themselves. */
export interface DeviceRecord {
  readonly budget: Pick<SessionBudget, "inUse">;
  readonly demotions: readonly Demotion[];
  readonly outage: Outage | undefined;
}

/** What is known of a device. */
export function reportOf(
  { name, device, problem, sessionsMax }: DeviceState,
  { budget, demotions, outage }: DeviceRecord,
): DeviceReport {
  const why = problem ?? (outage && `It was lost a moment ago: ${outage.why}`);
  return {
    name,
    ...(why !== undefined && { problem: why }),
    ...(device && { model: device.model, driver: device.driver }),
    sessions: { inUse: device === undefined ? 0 : budget.inUse(name), max: sessionsMax },
    capabilities: device?.capabilities ?? [],
    demotions: demotions.flatMap(({ device: of, driver, codec, profile, why: what, since }) =>
      device && of === deviceOf(device) && driver === device.driver
        ? [{ codec, profile, why: what, since }]
        : [],
    ),
  };
}
