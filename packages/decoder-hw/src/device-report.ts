import type { DeviceState } from "./device-set.js";
import type { Capability } from "./native.js";
import type { SessionBudget } from "./trust/session-budget.js";

/** A device as people are told of it. Plain values. */
export interface DeviceReport {
  /** "cuda:0". */
  readonly name: string;
  /** Why it cannot be used; left out where it can. */
  readonly problem?: string;
  readonly model?: string;
  readonly driver?: string;
  readonly sessions: { readonly inUse: number; readonly max: number };
  readonly capabilities: readonly Capability[];
}

/** What is known of a device. */
export function reportOf(
  { name, device, problem, sessionsMax }: DeviceState,
  budget: Pick<SessionBudget, "inUse">,
): DeviceReport {
  return {
    name,
    ...(problem !== undefined && { problem }),
    ...(device && { model: device.model, driver: device.driver }),
    sessions: { inUse: device === undefined ? 0 : budget.inUse(name), max: sessionsMax },
    capabilities: device?.capabilities ?? [],
  };
}
