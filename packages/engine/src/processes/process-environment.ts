/** Variables of an environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/** What programs and libraries of media look at, and no secret of anyone's. */
const kept: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "NODE_ENV",
  "NODE_OPTIONS",
  "NODE_V8_COVERAGE",
  "LD_LIBRARY_PATH",
  "LD_PRELOAD",
]);

/** Settings of the runtime and of drivers. */
const keptPrefixes = ["LC_", "UV_", "MALLOC_", "GLIBC_", "CUDA_", "NVIDIA_", "LIBVA_", "VDPAU_", "MESA_"];

/**
 * What a confined process gets to know of the engine's environment: tokens and passwords that reach the engine by it are no matter
 * of whoever opens media.
 *
 * @param more names that the configuration adds
 */
export function environmentOf(environment: Environment, more: readonly string[]): Record<string, string> {
  const isKept = (name: string) =>
    kept.has(name) || more.includes(name) || keptPrefixes.some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0]),
    ),
  );
}
