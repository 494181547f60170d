/**
 * Every error code of the engine, with its gRPC and Connect status and what it means. The list is
 * closed: a new code is added here and in `docs/errors.md` (a test compares the two).
 *
 * Status numbers are those of gRPC (grpc/grpc: doc/statuscodes.md); Connect uses the same numbers.
 */
export const Status = {
  Cancelled: 1,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

/** A gRPC (and Connect) status number. `UNKNOWN` (2) is missing on purpose: the engine never answers it. */
export type Status = (typeof Status)[keyof typeof Status];

/** What one error code says to whoever receives it. */
export interface ErrorCodeEntry {
  /** The status a transport answers with. */
  readonly status: Status;
  /** True where the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** One sentence: when this code is used. */
  readonly meaning: string;
}

const entry = (status: Status, retryable: boolean, meaning: string): ErrorCodeEntry =>
  Object.freeze({ status, retryable, meaning });

/** The table itself: each code with its status, whether a retry may help, and its meaning. */
export const errorCodes = Object.freeze({
  // Requests
  InvalidArgument: entry(
    Status.InvalidArgument,
    false,
    "A field of a request or a call is out of its range.",
  ),
  InvalidPlan: entry(
    Status.InvalidArgument,
    false,
    "A plan breaks a rule; every fault is listed with its place.",
  ),
  InvalidConfig: entry(
    Status.InvalidArgument,
    false,
    "The configuration breaks a rule; file, line and path are named.",
  ),
  UnknownChannel: entry(Status.NotFound, false, "No channel has this id."),
  UnknownPlan: entry(
    Status.NotFound,
    false,
    "No plan, plan file, media file or test pattern has this handle.",
  ),
  WrongState: entry(Status.FailedPrecondition, false, "The request is right but not at this moment."),
  MixedStyles: entry(Status.FailedPrecondition, false, "The channel is driven by another control style."),
  RevisionConflict: entry(
    Status.Aborted,
    false,
    "The plan has moved on from the revision the caller expected.",
  ),
  AlreadyExists: entry(Status.AlreadyExists, false, "The thing to be made exists already."),
  PortInUse: entry(Status.AlreadyExists, true, "Another program listens on the address."),
  QueueFull: entry(Status.ResourceExhausted, true, "A bounded queue is full; nothing was changed."),
  LimitExceeded: entry(Status.ResourceExhausted, false, "A configured or built-in bound would be passed."),
  Unauthenticated: entry(Status.Unauthenticated, false, "The caller gave no valid credentials."),
  PermissionDenied: entry(Status.PermissionDenied, false, "The caller may not do this."),
  Unimplemented: entry(Status.Unimplemented, false, "The request is known but not built yet."),

  // Media
  MediaNotFound: entry(Status.NotFound, true, "The asset does not exist or cannot be read."),
  MediaForbidden: entry(
    Status.PermissionDenied,
    false,
    "The asset lies outside media.roots, uses a protocol not allowed, or may not be read by the engine's user.",
  ),
  UnsupportedMedia: entry(Status.InvalidArgument, false, "No configured decoder plays this asset."),
  MediaCorrupt: entry(Status.DataLoss, false, "The asset is broken beyond what concealment can show."),
  DecodeFailed: entry(Status.Internal, true, "A decoder failed on an asset that it had accepted."),
  MediaQuarantined: entry(
    Status.FailedPrecondition,
    true,
    "The asset killed a worker with this decoder and is barred.",
  ),
  DeviceUnavailable: entry(Status.Unavailable, true, "A hardware device is missing, lost or fully used."),

  // Frame bus
  BusNotFound: entry(Status.NotFound, true, "No frame bus of this name exists."),
  BusIncompatible: entry(
    Status.FailedPrecondition,
    false,
    "The bus has another magic, layout version, size or format.",
  ),
  BusStale: entry(Status.Unavailable, true, "The bus was replaced or its engine is gone; reopen it."),
  OutOfSharedMemory: entry(
    Status.ResourceExhausted,
    false,
    "Shared memory is missing or too small; the size needed is named.",
  ),

  // Plugins
  PluginNotFound: entry(Status.NotFound, false, "A configured plugin cannot be loaded."),
  PluginInvalid: entry(
    Status.InvalidArgument,
    false,
    "A plugin's default export is not a plugin, or lacks the port asked for.",
  ),
  PluginContract: entry(
    Status.FailedPrecondition,
    false,
    "A plugin was written for another contract version.",
  ),

  // Life
  Unavailable: entry(
    Status.Unavailable,
    true,
    "The engine is starting, draining or out of reach; the request was not begun.",
  ),
  WorkerLost: entry(Status.Unavailable, true, "A worker or render process died; it is being replaced."),
  Timeout: entry(Status.DeadlineExceeded, true, "A deadline passed before the work was done."),
  Cancelled: entry(
    Status.Cancelled,
    false,
    "The caller's signal was aborted, or the engine ended in the middle of the call: its outcome is not known.",
  ),
  Closed: entry(Status.FailedPrecondition, false, "The object was used after it was closed."),
  Internal: entry(Status.Internal, false, "A fault of the engine itself; please report it."),
} satisfies Record<string, ErrorCodeEntry>);

/** One of the closed list of error codes. */
export type ErrorCode = keyof typeof errorCodes;

/** All codes, in the order of the table. */
export const errorCodeNames: readonly ErrorCode[] = Object.freeze(Object.keys(errorCodes) as ErrorCode[]);
