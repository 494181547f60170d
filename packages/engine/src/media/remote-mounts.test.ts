import { describe, expect, test } from "vitest";
import { remoteMounts } from "./remote-mounts.js";

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /mnt/films rw,relatime shared:20 - nfs4 nas:/films rw,vers=4.2
41 22 0:36 / /mnt/with\\040blank rw - fuse.sshfs host:/a rw
42 22 8:2 / /home rw - xfs /dev/sda2 rw
`;

describe("media/mounts", () => {
  test("mounts/those-that-may-hang-as-a-whole-are-told", () => {
    expect(remoteMounts(() => mountinfo)).toEqual(["/mnt/films", "/mnt/with blank"]);
  });

  test("mounts/where-nothing-tells-there-are-none", () => {
    expect(
      remoteMounts(() => {
        throw new Error("no /proc");
      }),
    ).toEqual([]);
    expect(remoteMounts()).toBeInstanceOf(Array);
  });
});
