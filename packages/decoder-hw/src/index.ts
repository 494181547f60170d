import { join } from "node:path";
import { definePlugin, type PluginContext, pluginContract } from "@retrovue/core";
import { nowMs } from "./clock/time-of-day.js";
import { HardwareDecoderFactory } from "./hardware-decoder-factory.js";
import { loadNative } from "./native.js";
import { folderForUser, type ParsedOptions, parseOptions } from "./options.js";
import { DeviceOutages } from "./trust/device-outages.js";
import { SessionBudget } from "./trust/session-budget.js";
import { TrustList } from "./trust/trust-list.js";

export type { DeviceEntry, DeviceOption, ParsedDevice } from "./device-options.js";
export type { DeviceReport } from "./device-report.js";
export { HardwareDecoderFactory, type HardwareDecoderFactoryOptions } from "./hardware-decoder-factory.js";
export type { Capability, DeviceKind } from "./native.js";
export { type HardwareDecoderOptions, type ParsedOptions, parseOptions } from "./options.js";

/**
 * Makes the factory with what all processes share of devices: sessions and outages over the whole machine, what devices were caught
 * at over one engine's life; all in one place where the options name one.
 */
function createFactory(options: ParsedOptions, context: PluginContext): HardwareDecoderFactory {
  const { log, mediaRoots, folders } = context;
  const machine = options.folder ?? folders?.machine ?? folderForUser();
  const state = options.folder ?? folders?.state ?? machine;
  const native = loadNative();
  const locks = {
    lock: (fd: number) => native.lockFile(fd),
    isLocked: (fd: number) => native.isFileLocked(fd),
  };
  const budgets = new Map<number, SessionBudget>();
  const budgetOf = (sessionsMax: number): SessionBudget => {
    const known = budgets.get(sessionsMax);
    if (known !== undefined) return known;
    const budget = new SessionBudget({ folder: join(machine, "sessions"), sessionsMax, locks });
    if (budget.problem !== undefined) log.warn(budget.problem, { folder: machine });
    budgets.set(sessionsMax, budget);
    return budget;
  };
  const trust = new TrustList({
    folder: join(state, "demoted"),
    onProblem: (what) => log.warn(what, { folder: state }),
  });
  return new HardwareDecoderFactory({
    native,
    mediaRoots,
    options,
    budgetOf,
    trust: {
      isDemoted: (key) => trust.isDemoted(key),
      demote: (key, why) => trust.demote(key, why, new Date(nowMs()).toISOString()),
      entries: () => trust.entries(),
    },
    outages: new DeviceOutages({ folder: join(machine, "lost"), nowMs }),
    log,
  });
}

export default definePlugin({
  name: "@retrovue/decoder-hw",
  contract: pluginContract,
  provides: {
    decoder: { options: { parse: parseOptions }, create: createFactory },
  },
});
