import { PlayoutError } from "@retrovue/core";

/** Why the system did not open it. What may be otherwise in a moment, a share that is away say, is `MediaNotFound`, which is retryable. */
export function refusalOf(uri: string, cause: unknown): PlayoutError {
  const number = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const given = { cause, details: { uri, ...(number === undefined ? {} : { system: String(number) }) } };
  switch (number) {
    case "EACCES":
    case "EPERM":
      return new PlayoutError("MediaForbidden", `${uri} may not be read by this user.`, {
        remedy: "Let the user that the engine runs as read it, and enter the folders above it.",
        ...given,
      });
    case "EMFILE":
    case "ENFILE":
      return new PlayoutError("LimitExceeded", `${uri} cannot be opened: ${number}.`, {
        remedy: "Let the engine's processes have more open files (LimitNOFILE, ulimit -n).",
        ...given,
      });
    case "ENOMEM":
      return new PlayoutError("LimitExceeded", `${uri} cannot be opened: ${number}.`, {
        remedy: "Give the machine, or the container that the engine runs in, more memory.",
        ...given,
      });
    case "EIO":
    case "ESTALE":
      return new PlayoutError("MediaNotFound", `${uri} cannot be read: ${number}.`, given);
    default:
      return new PlayoutError("MediaNotFound", `${uri} cannot be opened.`, given);
  }
}
