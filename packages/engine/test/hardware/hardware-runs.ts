import { runSeams, type SeamRunOptions } from "../seams/run-seams.ts";
import type { SeamReport } from "../seams/seam-report.ts";

/** A run of mixed seams with a device that behaves in its own way. */
export interface HardwareRun {
  /** What must hold; the names of tests are made of it. */
  readonly promise: string;
  /** The device, as decoder-hw's options have it. */
  readonly device: { readonly use: string; readonly index: number };
  /** More of decoder-hw's options. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Why decoders changed: at least these have to be met. */
  readonly reasons: readonly string[];
  /** True where something of the device is to air. */
  readonly airsOnDevice: boolean;
  /** Airs with the other tests; the rest with `RETROVUE_HARDWARE_RUNS=all`. */
  readonly isInShare: boolean;
}

/**
 * A stand-in for a device goes through the same code as a card does. Each has an index of its own, since what is known
 * of a device is known to the whole machine.
 */
const standin = (index: number, faults: object, more: object = {}) => ({
  use: "standin",
  index,
  standin: faults,
  ...more,
});

/** What may become of a device, and what becomes of the air: nothing. */
export const hardwareRuns: readonly HardwareRun[] = [
  {
    promise: "hardware/mixed-seams-of-device-and-software-lose-no-frame",
    device: standin(11, {}),
    reasons: [],
    airsOnDevice: true,
    isInShare: false,
  },
  {
    promise: "hardware/a-device-lost-in-mid-segment-costs-no-tick",
    device: standin(12, { lostAt: 20 }),
    reasons: ["deviceLost"],
    airsOnDevice: true,
    isInShare: true,
  },
  {
    promise: "hardware/a-driver's-error-in-mid-segment-costs-no-tick",
    device: standin(13, { errorAt: 20 }),
    reasons: ["decodeFailed"],
    airsOnDevice: true,
    isInShare: false,
  },
  {
    promise: "lesson/45-wrong-pictures-of-a-device-never-air",
    device: standin(14, { wrong: "swapped", wrongAt: 3 }),
    reasons: ["distrusted"],
    airsOnDevice: true,
    isInShare: true,
  },
  {
    promise: "hardware/a-full-budget-leaves-the-rest-to-software",
    device: standin(15, {}, { sessionsMax: 1 }),
    reasons: ["budgetFull"],
    airsOnDevice: true,
    isInShare: true,
  },
  {
    promise: "hardware/a-missing-device-leaves-all-to-software",
    device: standin(16, { missing: "no such card" }),
    reasons: ["deviceUnavailable"],
    airsOnDevice: false,
    isInShare: false,
  },
];

/** Nobody compares this device's pictures, so that a wrong one airs in each segment: a run that finds nothing there looks at nothing. */
export const unwatched: HardwareRun = {
  promise: "pictures-that-nobody-compares-are-found-wrong-on-air",
  device: standin(20, { wrong: "swapped", wrongAt: 3 }),
  options: { comparedPictures: 0 },
  reasons: [],
  airsOnDevice: true,
  isInShare: true,
};

/** Lines of the log that such runs are about. */
const changed = ["another decoder took over", "another decoder plays"];
const told = (index: number) => [`standin:${index} gives wrong pictures`, `standin:${index} ends a decoder`];

/** One change of decoder, as the log has it. */
export interface LoggedChange {
  readonly reason: string;
  readonly from: string;
  readonly to: string;
}

/** Airs mixed seams with the device before software, and reads back every tick on the bus and in the stream. */
export async function runOnHardware(
  { device, options: more }: HardwareRun,
  options: Omit<SeamRunOptions, "clock" | "decoders" | "expected" | "look">,
  signal: AbortSignal,
): Promise<{ readonly report: SeamReport; readonly changes: readonly LoggedChange[] }> {
  const changes: LoggedChange[] = [];
  const report = await runSeams(
    {
      ...options,
      clock: "stepped",
      decoders: [
        { use: "@retrovue/decoder-hw", options: { devices: [device], ...more } },
        { use: "@retrovue/decoder-libav" },
      ],
      expected: [...changed, ...told(device.index)],
      look: (engine) => {
        for (const message of changed)
          for (const line of engine.logged(message)) changes.push(line as unknown as LoggedChange);
      },
    },
    signal,
  );
  return { report, changes };
}
