import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's text files: content by path, relative to the root, with forward slashes. */
export type FileMap = ReadonlyMap<string, string>;

/** Something that breaks a rule. */
export interface Fault {
  readonly path: string;
  /** Counted from 1; absent where the file as a whole is meant. */
  readonly line?: number;
  /** What is wrong, then what to do. */
  readonly message: string;
}

/** One line a fault, as editors and terminals turn it into a link. */
export const lineOfFault = ({ path, line, message }: Fault) =>
  `${path}${line === undefined ? "" : `:${line}`}: ${message}`;

/** The line, counted from 1, on which `offset` lies. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

const binary = /\.(?:png|jpe?g|gif|ico|webp|woff2?|binpb|node|wasm|mp4|mkv|y4m|wav|gz|tgz|zip)$/;

/**
 * Reads what git would see of the repository: everything but `.git` and the names in `.gitignore`, which may be plain
 * names (`dist/`, `/var/`) or endings (`*.log`); other patterns are not understood.
 */
export function readRepository(root: string): FileMap {
  const ignored = readFileSync(join(root, ".gitignore"), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const isIgnored = (path: string, name: string) =>
    name === ".git" ||
    ignored.some((pattern) => {
      const word = pattern.replace(/\/$/, "");
      if (word.startsWith("/")) return path === word.slice(1);
      if (word.startsWith("*")) return name.endsWith(word.slice(1));
      return name === word;
    });
  const files = new Map<string, string>();
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(path, entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !binary.test(path)) {
        files.set(path, readFileSync(join(root, path), "utf8"));
      }
    }
  };
  walk("");
  return files;
}

/** Files whose path matches, as pairs, in the order of their paths. */
export const filesMatching = (files: FileMap, pattern: RegExp): [path: string, text: string][] =>
  [...files].filter(([path]) => pattern.test(path)).sort(([a], [b]) => (a < b ? -1 : 1));
