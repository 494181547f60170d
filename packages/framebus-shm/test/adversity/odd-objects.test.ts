import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { errorCodes } from "@retrovue/core";
import { expect, test } from "vitest";
import { ShmFrameBus } from "../../src/index.js";
import { House } from "./programs.js";

const soon = () => AbortSignal.timeout(20_000);
const layoutVersionAt = 4;
const objectBytesAt = 16;

/** The code with which an object of these bytes is refused. */
async function codeOf(house: House, control: Buffer | undefined): Promise<string> {
  const path = house.controlOf("odd");
  if (control !== undefined) writeFileSync(path, control);
  const bus = new ShmFrameBus({ prefix: house.prefix });
  try {
    await using _reader = await bus.openReader({ engineId: "odd", channelId: 7 }, {}, soon());
    return "opened";
  } catch (error) {
    const { code } = error as { code: string };
    expect(Object.keys(errorCodes)).toContain(code);
    return code;
  } finally {
    rmSync(path, { force: true });
  }
}

test("bus/an-object-cut-short-foreign-or-of-another-version-is-refused", async () => {
  using house = new House();
  const [engine] = await house.startEngine();
  await using _ends = engine;
  const good = readFileSync(house.controlOf());
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };
  expect(await codeOf(house, undefined)).toBe("BusNotFound");
  expect(await codeOf(house, Buffer.alloc(0))).toBe("BusIncompatible");
  expect(await codeOf(house, Buffer.from("{}\n"))).toBe("BusIncompatible");
  expect(await codeOf(house, Buffer.alloc(good.length, 0xff))).toBe("BusIncompatible");
  expect(await codeOf(house, good.subarray(0, good.length - 1))).toBe("BusIncompatible");
  expect(await codeOf(house, Buffer.concat([good, Buffer.alloc(4096)]))).toBe("BusIncompatible");
  expect(
    await codeOf(
      house,
      changed((b) => b.write("RVFX", 0)),
    ),
  ).toBe("BusIncompatible");
  expect(
    await codeOf(
      house,
      changed((b) => b.writeUInt32LE(2, layoutVersionAt)),
    ),
  ).toBe("BusIncompatible");
  expect(
    await codeOf(
      house,
      changed((b) => b.writeBigUInt64LE(1n, objectBytesAt)),
    ),
  ).toBe("BusIncompatible");
  // A copy without a flaw: but nobody lives there.
  expect(await codeOf(house, good)).toBe("BusNotFound");
  // The true one was not hurt by any of this.
  const bus = new ShmFrameBus({ prefix: house.prefix });
  await using reader = await bus.openReader({ engineId: "east", channelId: 7 }, {}, soon());
  await engine.ask("air 2");
  expect((await reader.next(soon())).overrun).toBe(false);
});

test("bus/pictures-that-belong-to-another-bus-are-refused", async () => {
  using house = new House();
  const [engine] = await house.startEngine();
  await using _ends = engine;
  const pictures = `${house.controlOf()}.pictures`;
  const copy = `${house.controlOf("odd")}.pictures`;
  copyFileSync(pictures, copy);
  const bus = new ShmFrameBus({ prefix: house.prefix });
  const open = () => bus.openReader({ engineId: "east", channelId: 7 }, {}, soon());
  rmSync(pictures);
  await expect(open()).rejects.toMatchObject({ code: "BusNotFound" });
  copyFileSync(copy, pictures);
  await expect(open()).rejects.toMatchObject({ code: "BusNotFound" });
});

test("bus/garbage-in-the-readers-table-hurts-nobody", async () => {
  using house = new House();
  const [engine] = await house.startEngine();
  await using _ends = engine;
  const bus = new ShmFrameBus({ prefix: house.prefix });
  const open = (name: string) => bus.openReader({ engineId: "east", channelId: 7 }, { name }, soon());
  await using reader = await open("early");
  const table = `${house.controlOf()}.readers`;
  const whole = readFileSync(table).length;
  let random = 7;
  const garbage = () => {
    const bytes = Buffer.alloc(whole);
    for (let i = 0; i < whole; i++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      bytes[i] = random >> 16;
    }
    return bytes;
  };
  const spoils: readonly (() => void)[] = [
    () => writeInto(table, Buffer.alloc(whole, 0xff)),
    () => writeInto(table, garbage()),
    () => writeInto(table, Buffer.alloc(whole)),
    () => truncateSync(table, 300),
    () => truncateSync(table, 0),
    () => truncateSync(table, 2 ** 20),
    () => rmSync(table),
    () => mkdirSync(table),
  ];
  for (const spoil of spoils) {
    spoil();
    // Everything goes on: ticks come, are read and shown, and readers open as before.
    expect(Array.isArray((await engine.ask("air 3"))["readers"])).toBe(true);
    const read = await reader.next(soon());
    if (!read.overrun) expect(read.release()).toBe("intact");
    await using late = await open("late");
    expect(late.head()).toBe(reader.head());
  }
});

function writeInto(path: string, bytes: Buffer): void {
  const file = openSync(path, "r+");
  writeSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
}
