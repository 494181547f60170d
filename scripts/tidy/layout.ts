import { type Fault, type FileMap, filesMatching, lineAt } from "./file-map.ts";

/** Above this a file holds a second noun that wants a file of its own. */
const linesMax = 400;
const measured = /\.(?:[cm]?[jt]sx?|cc|cpp|c|h|hpp|py)$/;
/** Long for a reason. */
const exempt = new Map([
  ["packages/framebus-shm/include/retrovue/frame_bus.h", "the wire format is one header, half of it comment"],
]);
const generated = /\/gen\/|^pnpm-lock\.yaml$/;

/** Files too long to have one purpose. */
export const lengthFaults = (files: FileMap): Fault[] =>
  filesMatching(files, measured)
    .filter(([path]) => !generated.test(path) && !exempt.has(path))
    .map(([path, text]) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => ({
      path,
      message: `${lines} lines, more than ${linesMax}; find its second purpose`,
    }));

/** Folders whose name says nothing. */
export const folderFaults = (files: FileMap): Fault[] =>
  filesMatching(files, /(?:^|\/)(?:utils?|common|helpers?|types)\//)
    .filter(([path]) => !generated.test(path))
    .map(([path]) => ({
      path,
      message: "this folder's name does not say what is in it; name it after its purpose",
    }));

/**
 * Paths of somebody's machine and hosts of package registries: neither means anything to a reader elsewhere. Licence
 * texts and notices name public addresses, so they are not looked at for hosts.
 */
export function machineFaults(files: FileMap): Fault[] {
  const patterns = [
    { pattern: /(?<![\w./~-])\/(?:home|Users)\/[a-z][\w.-]*/g, message: "a path of one machine" },
    { pattern: /(?<![\w./~-])\/(?:root|work|workspace|tmp)\/[\w.-]+/g, message: "a path of one machine" },
    { pattern: /\b[a-z]+:\/\/[\w.-]*\bregistry\b[\w.-]*/g, message: "the host of a package registry" },
    { pattern: /\b(?:docker\.io|ghcr\.io|quay\.io)\b/g, message: "the host of a package registry" },
  ];
  const faults: Fault[] = [];
  for (const [path, text] of files) {
    for (const { pattern, message } of patterns) {
      for (const match of text.matchAll(pattern)) {
        faults.push({
          path,
          line: lineAt(text, match.index),
          message: `"${match[0]}" is ${message}; leave it out`,
        });
      }
    }
  }
  return faults;
}

/** One lock file, pnpm's, and no addresses in it. */
export function lockFileFaults(files: FileMap): Fault[] {
  const faults: Fault[] = filesMatching(
    files,
    /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock)$/,
  ).map(([path]) => ({ path, message: "pnpm-lock.yaml is the lock file; remove this one" }));
  const lock = files.get("pnpm-lock.yaml");
  if (lock === undefined) faults.push({ path: "pnpm-lock.yaml", message: "missing; commit it" });
  for (const match of (lock ?? "").matchAll(/\b\w+:\/\/|\btarball:/g)) {
    const line = lineAt(lock ?? "", match.index);
    faults.push({ path: "pnpm-lock.yaml", line, message: "holds an address; install from a plain registry" });
  }
  return faults;
}
