import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invariant } from "@retrovue/core";
import { beforeAll, describe, expect, test } from "vitest";
import { buildIfStale, root, started } from "../built-cli.js";

/** Stands in no list of users, as a container's user may: a name or a home is nothing an engine can count on. */
const user = 54_321;
const setpriv = [`--reuid=${user}`, `--regid=${user}`, "--clear-groups", "--no-new-privs"];
const node = `${root}node_modules/node-runtime/bin/node`;
const main = `${root}packages/engine/dist/cli/main.js`;
const prefix = `ordinary${process.pid}`;
const isBuilt = [
  "framebus-shm/build/Release/framebus_shm.node",
  "sandbox/build/Release/retrovue-sandbox",
].every((file) => existsSync(`${root}packages/${file}`));
const mayTry =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  isBuilt &&
  spawnSync("setpriv", [...setpriv, "test", "-r", node]).status === 0;

const config = `
engine: { id: ordinary, dataDir: ./state }
http: { control: { listen: "127.0.0.1:0" } }
telemetry: { metrics: { listen: "127.0.0.1:0" } }
transports: [{ use: "@retrovue/transport-connect" }]
media: { roots: [.] }
frameBus: { use: "@retrovue/framebus-shm", options: { prefix: ${prefix} } }
defaults: { format: { width: 160, height: 96, frameRate: 25 }, encode: { video: { preset: ultrafast } } }
channels: [{ id: 1, plan: "test://bars" }]
`;

const ours = () => readdirSync("/dev/shm").filter((name) => name.startsWith(prefix));

/** What the kernel says of a process of the engine's. */
function heldTo(pid: number): Record<string, string | undefined> {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const line = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1];
  return {
    uid: line("Uid"),
    capabilities: line("CapEff"),
    noNewPrivileges: line("NoNewPrivs"),
    seccomp: line("Seccomp"),
  };
}

function processesUnder(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

describe.skipIf(!mayTry)("an ordinary user's engine (skipped unless root tests what others may read)", () => {
  beforeAll(buildIfStale, 120_000);

  test("deploy/an ordinary user without a name puts a confined channel on air and leaves nothing behind", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-ordinary-"));
    chmodSync(folder.path, 0o755);
    chownSync(folder.path, user, user);
    writeFileSync(join(folder.path, "playout.yaml"), config);
    try {
      using engine = started("setpriv", [...setpriv, node, main], { cwd: folder.path, environment: {} });
      const told = (name: string) => new RegExp(`"${name}":"([0-9.]+:[0-9]+)"`).exec(engine.text.out)?.[1];
      await expect.poll(() => told("metrics"), { timeout: 30_000 }).toBeDefined();

      const answer = await fetch(`http://${told("metrics")}/healthz`);
      expect(await answer.json()).toMatchObject({ sandbox: { missing: {} } });

      let viewed: Response | undefined;
      const seesIt = async () => {
        viewed = await fetch(`http://${told("view")}/channel/1.ts`);
        if (!viewed.ok) await viewed.body?.cancel();
        return viewed.ok;
      };
      await expect.poll(seesIt, { timeout: 30_000 }).toBe(true);
      const stream = viewed?.body?.getReader();
      expect((await stream?.read())?.value?.[0]).toBe(0x47);
      await stream?.cancel();

      const { pid } = engine.child;
      invariant(pid !== undefined, "it was started");
      expect(heldTo(pid)).toMatchObject({ uid: `${user}`, capabilities: "0000000000000000" });
      const workers = processesUnder(pid);
      expect(workers.length).toBeGreaterThan(1);
      for (const worker of workers)
        expect(heldTo(worker)).toEqual({ ...heldTo(pid), noNewPrivileges: "1", seccomp: "2" });
      expect(ours()).not.toEqual([]);

      engine.child.kill("SIGTERM");
      expect(await engine.ended).toMatchObject({ code: 0, err: "" });
      expect(ours()).toEqual([]);
      expect(engine.text.out).not.toContain('"level":"error"');
    } finally {
      for (const name of ours()) rmSync(join("/dev/shm", name));
      rmSync(`/dev/shm/playout-plugins-${user}`, { recursive: true, force: true });
    }
  }, 120_000);
});
