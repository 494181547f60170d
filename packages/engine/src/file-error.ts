import { type ErrorCode, PlayoutError } from "@retrovue/core";

const codes: Readonly<Record<string, ErrorCode>> = {
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EROFS: "PermissionDenied",
  ENOENT: "InvalidArgument",
  ENOTDIR: "InvalidArgument",
  EISDIR: "InvalidArgument",
};

/**
 * A system call's failure on a file or folder that somebody named: `PermissionDenied`, `InvalidArgument` where the path leads nowhere or to
 * something of another kind, else `Unavailable`, as for a full disk. Throws what is no failure of a system call: a fault of ours.
 */
export function fileError(
  path: string,
  use: "read" | "written",
  cause: unknown,
  remedy: string,
): PlayoutError {
  const errno = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (typeof errno !== "string" || !/^E[A-Z0-9]+$/.test(errno)) throw cause;
  return new PlayoutError(codes[errno] ?? "Unavailable", `${path} cannot be ${use} (${errno}).`, {
    cause,
    remedy,
    details: { path },
  });
}
