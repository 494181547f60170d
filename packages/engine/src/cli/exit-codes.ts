import { type ErrorCode, PlayoutError, Status } from "@retrovue/core";

/** What one exit code says. */
export interface ExitCodeEntry {
  readonly code: number;
  readonly meaning: string;
}

/**
 * Every exit code of the commands, compared with `docs/cli.md` by a test. 65 to 78 have the meaning that sysexits.h gives
 * them; 2 is what shells and most tools use for wrong usage; 79 is the first number after those of sysexits.h.
 */
export const exitCodes = Object.freeze({
  Ok: { code: 0, meaning: "Done; for the engine: stopped when asked to." },
  Internal: {
    code: 1,
    meaning:
      "The command itself is at fault: please report it. For the scripts behind npm: a test, a build or a step failed.",
  },
  Usage: { code: 2, meaning: "An option, argument or command is wrong." },
  BadData: { code: 65, meaning: "A plan or a media file breaks a rule." },
  NoInput: {
    code: 66,
    meaning:
      "A file, plan, channel or bus that was named, here or in the configuration, or any configuration, is missing.",
  },
  Unavailable: {
    code: 69,
    meaning: "Something needed is not there: an address in use, a device, a running engine.",
  },
  Software: { code: 70, meaning: "The engine failed while it ran, or the first build did." },
  OutputFailed: { code: 74, meaning: "What there was to say could not be written, as on a full disk." },
  NoPermission: { code: 77, meaning: "Reading a file or taking an action is not allowed." },
  BadConfig: { code: 78, meaning: "The configuration is faulty; each fault is named with its place." },
  NotBuilt: { code: 79, meaning: "The command is known, but this version cannot do it yet." },
  Differs: { code: 80, meaning: "A comparison found differences; each is told." },
  Interrupted: { code: 130, meaning: "Ended by Ctrl-C before it was done." },
} satisfies Record<string, ExitCodeEntry>);

/** The name of an exit code. */
export type ExitCodeName = keyof typeof exitCodes;

const byStatus: Readonly<Record<Status, ExitCodeName>> = {
  [Status.Cancelled]: "Interrupted",
  [Status.InvalidArgument]: "Usage",
  [Status.DeadlineExceeded]: "Unavailable",
  [Status.NotFound]: "NoInput",
  [Status.AlreadyExists]: "Unavailable",
  [Status.PermissionDenied]: "NoPermission",
  [Status.ResourceExhausted]: "Unavailable",
  [Status.FailedPrecondition]: "Unavailable",
  [Status.Aborted]: "Unavailable",
  [Status.OutOfRange]: "Usage",
  [Status.Unimplemented]: "NotBuilt",
  [Status.Internal]: "Software",
  [Status.Unavailable]: "Unavailable",
  [Status.DataLoss]: "BadData",
  [Status.Unauthenticated]: "NoPermission",
};

/** What the configuration names wrongly, plugins included: the same command cannot succeed until it is changed. */
const ofConfiguration: ReadonlySet<ErrorCode> = new Set([
  "InvalidConfig",
  "PluginNotFound",
  "PluginInvalid",
  "PluginContract",
]);

/** The exit code for anything thrown. What is not a `PlayoutError` is a fault of ours. */
export function exitCodeFor(thrown: unknown): number {
  if (!PlayoutError.is(thrown)) return exitCodes.Internal.code;
  if (ofConfiguration.has(thrown.code)) return exitCodes.BadConfig.code;
  if (thrown.code === "InvalidPlan" || thrown.code === "UnsupportedMedia") return exitCodes.BadData.code;
  return exitCodes[byStatus[thrown.entry.status]].code;
}
