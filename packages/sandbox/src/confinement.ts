import { fileURLToPath } from "node:url";

/**
 * What may be done beneath a path: `read` files and lists of folders; `run` also executes; `write` also writes to files that are
 * there, and works devices; `make` also makes, renames and removes files and folders.
 */
export type PathUse = "read" | "run" | "write" | "make";

/** A file, or a folder with all that it holds. One that is not there when the process begins is passed over. */
export interface PathGrant {
  /** Absolute. */
  readonly path: string;
  readonly use: PathUse;
}

/** What a process is left with. Everything else that the kernel knows how to refuse is refused. */
export interface Confinement {
  readonly grants: readonly PathGrant[];
  /** True: it may open sockets. */
  readonly network: boolean;
  /** True: it may begin programs, where a grant lets it execute them, and signal them. */
  readonly programs: boolean;
  /** True: it may have threads of realtime scheduling, where its user may. */
  readonly realtime: boolean;
  /** Descriptors from this one on are closed: what the process is to have stands before. */
  readonly descriptors: number;
  /** Bound on its own writable memory (RLIMIT_DATA), bytes; 0 for none. */
  readonly memoryBytes: number;
}

/**
 * The program that confines itself and becomes another one. Begun with `launcherArguments` before the path of Node: environment and
 * descriptors pass through it.
 */
export const launcherPath: string = fileURLToPath(
  new URL("../build/Release/retrovue-sandbox", import.meta.url),
);

/** The variable by which the launcher tells a process that Landlock confines which folders it may read. */
const foldersVariable = "RETROVUE_SANDBOX_FOLDERS";

/**
 * Of a process that was confined: the folders that it may read, each as `DEVICE:INODE`, since Landlock's rules know folders, not names.
 * Undefined where Landlock confines it not.
 */
export function confinedFolders(
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlySet<string> | undefined {
  const told = environment[foldersVariable];
  return told === undefined ? undefined : new Set(told.split(","));
}

/** Its command line up to the program's path, `--` included. */
export function launcherArguments(confinement: Confinement): string[] {
  const { grants, network, programs, realtime, descriptors, memoryBytes } = confinement;
  return [
    ...grants.flatMap(({ path, use }) => [`--${use}`, path]),
    ...(network ? ["--network"] : []),
    ...(programs ? ["--programs"] : []),
    ...(realtime ? ["--realtime"] : []),
    "--descriptors",
    String(descriptors),
    "--memory",
    String(memoryBytes),
    "--",
  ];
}
