import { PlayoutError } from "@retrovue/core";

/** What a confined process is answered: by the filter of system calls, and by Landlock. */
const refusals: ReadonlySet<string> = new Set(["EPERM", "EACCES"]);

/**
 * An error that a plugin threw, with a code. What the system refused is `PermissionDenied`, naming the call, since the plugin cannot
 * know why; anything else stays as it is.
 */
export function namedRefusal(thrown: unknown, who: string): unknown {
  if (PlayoutError.is(thrown) || !(thrown instanceof Error)) return thrown;
  const { code, syscall = "a system call", path } = thrown as NodeJS.ErrnoException;
  if (code === undefined || !refusals.has(code)) return thrown;
  const what = path === undefined ? syscall : `${syscall} ${path}`;
  return new PlayoutError("PermissionDenied", `${who} was refused ${what} (${code}).`, {
    cause: thrown,
    remedy: "If it needs that, grant it: engine.sandbox, and decoders[].allow (docs/security.md).",
    details: { syscall, ...(path !== undefined && { path }) },
  });
}
