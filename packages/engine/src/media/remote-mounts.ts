import { readFileSync } from "node:fs";

/** File systems whose answers come from elsewhere, or from a program: all beneath one hangs where that does. */
const remoteKinds = /^(?:nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|afs|lustre|beegfs|autofs|fuse(?:\..*)?)$/;

/**
 * Where such file systems are mounted, by `mountinfo` as Linux has it; none where nothing tells. Reading it asks none of them.
 *
 * @param read gives the text. Default: this process's mounts
 */
export function remoteMounts(read = () => readFileSync("/proc/self/mountinfo", "utf8")): readonly string[] {
  let text: string;
  try {
    text = read();
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [fields = "", source = ""] = line.split(" - ");
    const point = fields.split(" ")[4];
    const [kind = ""] = source.split(" ");
    return point !== undefined && remoteKinds.test(kind) ? [unescaped(point)] : [];
  });
}

/** Blanks, tabs, line ends and backslashes are told in octal. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
