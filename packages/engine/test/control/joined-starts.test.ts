import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PlayoutError } from "@retrovue/core";
import { PlayoutControl } from "@retrovue/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { type Gate, gateKey } from "../gated-decoder.js";
import { RunningEngine, smallConfig } from "../running-engine.js";
import { call } from "./calls.js";

const { startChannel, stopChannel } = PlayoutControl.method;
const decoder = fileURLToPath(new URL("../gated-decoder.ts", import.meta.url));
const gated = "test://gated?duration=1s&size=16x16&mark=compact";
const plain = "test://pattern?duration=1s&size=16x16&mark=compact";

/** An engine with channel 1 on demand, whose plan waits at a gate. */
async function running() {
  const open = Promise.withResolvers<void>();
  open.promise.catch(() => {});
  let waiting = 0;
  const gate: Gate = async () => {
    waiting += 1;
    await open.promise;
  };
  Object.assign(globalThis, { [gateKey]: gate });
  const engine = new RunningEngine();
  const channels = `[{ id: 1, plan: "${gated}", run: on-demand, outputs: [] }]`;
  const {
    control,
    channels: registry,
    addresses,
  } = await engine.start(smallConfig(channels).replace("decoders: [", `decoders: [{ use: ${decoder} }, `));
  return {
    engine,
    registry,
    open,
    takenPort: Number(addresses.control.split(":").at(-1)),
    /** A viewer comes; resolves when the start that it made or joined has ended. */
    view: async () => void (await fetch(`http://${addresses.view}/channel/1.ts`)),
    start: (planHandle: string, more: { port?: number; signal?: AbortSignal } = {}) =>
      call(control, startChannel, { channelId: 1, planHandle, port: more.port ?? 0 }, more),
    stop: (signal: AbortSignal) => call(control, stopChannel, { channelId: 1 }, { signal }),
    atGate: (count = 1) => expect.poll(() => waiting).toBeGreaterThanOrEqual(count),
    plan: () => registry.running(1)?.plan.segments[0]?.asset?.uri,
    async [Symbol.asyncDispose]() {
      open.resolve();
      await engine[Symbol.asyncDispose]();
    },
  };
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, gateKey);
});

describe("starts that find another one under way", () => {
  test("control/a-start-that-finds-a-viewers-under-way-is-already-started-and-none-of-its-own-holds", async () => {
    await using it = await running();
    const viewing = it.view();
    await it.atGate();
    // A port that is taken: it would be refused if it were asked for.
    const starting = it.start(plain, { port: it.takenPort });
    it.open.resolve();
    expect(await starting).toMatchObject({ success: true, message: "already started" });
    await viewing;
    expect(it.plan()).toBe(gated);
    const { folder } = it.engine;
    await it.engine.stop();
    expect(() => readFileSync(join(folder, "var", "requested-channels.json"))).toThrow("ENOENT");
  });

  test("control/a-start-is-made-where-the-one-before-it-fails", async () => {
    await using it = await running();
    const viewing = it.view();
    await it.atGate();
    const starting = it.start(plain);
    it.open.reject(new PlayoutError("MediaNotFound", "It is not there."));
    expect(await starting).toMatchObject({ success: true, message: "started" });
    await viewing;
    expect(it.plan()).toBe(plain);
  });

  test("control/whoever-joined-a-start-whose-caller-left-makes-it-anew-as-it-wants-it", async () => {
    await using it = await running();
    const gone = new AbortController();
    const leaving = it.start(`${gated}&id=2`, { signal: gone.signal });
    await it.atGate();
    const start = it.registry.start.bind(it.registry);
    let joined = 0;
    it.registry.start = (id, order) => {
      joined += 1;
      return start(id, order);
    };
    const viewing = Promise.all([it.view(), it.view(), it.registry.start(1)]);
    // Viewers share one start.
    await expect.poll(() => joined).toBe(2);
    gone.abort();
    await expect(leaving).rejects.toMatchObject({ code: "Cancelled" });
    await it.atGate(2);
    it.open.resolve();
    await viewing;
    expect(it.plan()).toBe(gated);
    expect(it.engine.logged("channel started")).toHaveLength(1);
  });

  test("control/a-caller-that-leaves-is-kept-by-nobody-elses-start", async () => {
    await using it = await running();
    const viewing = it.view();
    await it.atGate();
    for (const made of [
      (signal: AbortSignal) => it.start(plain, { signal }),
      (signal: AbortSignal) => it.stop(signal),
      (signal: AbortSignal) => it.registry.start(1, { signal }),
    ]) {
      const gone = new AbortController();
      const left = made(gone.signal);
      await new Promise((resolve) => setImmediate(resolve));
      gone.abort();
      await expect(left).rejects.toMatchObject({ code: "Cancelled" });
    }
    it.open.resolve();
    await viewing;
    expect(it.plan()).toBe(gated);
  });
});
