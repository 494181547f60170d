import {
  existsSync,
  mkdtempDisposableSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { ManualClock, nanoseconds, orAbort } from "@retrovue/core";
import { StopChannelRequestSchema } from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { openLog } from "../log/log.js";
import { CallQueues } from "./call-queues.js";
import { type PlayoutControlDeps, PlayoutControlService } from "./playout-control.js";
import { type RequestedChannel, RequestedChannels } from "./requested-channels.js";

const never = new AbortController().signal;
const utc = () => nanoseconds(1_767_225_600_000_000_000n);
const request = (channel: number, isConfigured = false): RequestedChannel => ({
  channel,
  handle: `plan-${channel}`,
  port: 0,
  format: "",
  isConfigured,
});

/** A data folder, and those who keep their list in it one after another. */
class House implements Disposable {
  readonly #folder = mkdtempDisposableSync(join(tmpdir(), "playout-requested-"));
  readonly file = join(this.#folder.path, "requested-channels.json");
  readonly lines: Record<string, unknown>[] = [];
  readonly log = openLog({
    level: "info",
    format: "json",
    now: () => 0n,
    write: (line) => this.lines.push(JSON.parse(line)),
  });

  open(): RequestedChannels {
    return new RequestedChannels({
      dataDir: this.#folder.path,
      keepDays: 7,
      utc,
      timer: { after: () => ({ [Symbol.dispose]() {} }) },
      log: this.log,
    });
  }

  write(...channels: readonly RequestedChannel[]): void {
    writeFileSync(this.file, JSON.stringify({ version: 1, channels }));
    this.age(0);
  }

  /** The list was written so many days ago. */
  age(days: number): void {
    const at = Number(utc() / 1_000_000_000n) - days * 86_400;
    utimesSync(this.file, at, at);
  }

  get kept(): readonly number[] {
    const { channels } = JSON.parse(readFileSync(this.file, "utf8"));
    return channels.map(({ channel }: RequestedChannel) => channel).sort();
  }

  [Symbol.dispose](): void {
    this.#folder.remove();
  }
}

describe("requested channels", () => {
  test("requested/what-was-on-air-stays-in-the-list-until-a-request-ends-it", async () => {
    using house = new House();
    house.write(request(1), request(2));
    {
      await using requested = house.open();
      expect(await requested.load()).toEqual([request(1), request(2)]);
      requested.started(request(3));
    }
    expect(house.kept).toEqual([1, 2, 3]);
    {
      await using requested = house.open();
      await requested.load();
      requested.stopped(2);
    }
    expect(house.kept).toEqual([1, 3]);
  });

  test("requested/what-requests-say-before-the-list-is-read-counts", async () => {
    using house = new House();
    house.write(request(1), request(2), request(3));
    {
      await using requested = house.open();
      const loading = requested.load();
      requested.stopped(1);
      requested.started({ ...request(2), handle: "another" });
      expect(await loading).toEqual([request(3)]);
    }
    expect(house.kept).toEqual([2, 3]);
  });

  test("requested/the-list-is-fresh-from-each-start-on-and-forgotten-after-so-many-days", async () => {
    using house = new House();
    house.write(request(1));
    house.age(6);
    const { mtimeMs } = statSync(house.file);
    {
      await using requested = house.open();
      expect(await requested.load()).toHaveLength(1);
    }
    expect(statSync(house.file).mtimeMs).not.toBe(mtimeMs);
    house.age(8);
    await using requested = house.open();
    expect(await requested.load()).toEqual([]);
  });

  test("requested/a-list-that-cannot-be-read-is-left-and-not-written-over", async () => {
    using house = new House();
    symlinkSync(house.file, house.file);
    {
      await using requested = house.open();
      expect(await requested.load()).toEqual([]);
      expect(house.lines).toMatchObject([
        { level: "error", message: "the list of requested channels cannot be read: none is resumed now" },
      ]);
      requested.started(request(5));
    }
    expect(house.lines).toHaveLength(2);
    expect(existsSync(`${house.file}.bad`)).toBe(false);
    {
      await using requested = house.open();
      await requested.load();
      unlinkSync(house.file);
      house.write(request(1), request(2));
      requested.stopped(2);
      requested.started(request(5));
    }
    expect(house.kept).toEqual([1, 5]);
  });

  test("requested/a-list-that-is-not-understood-is-put-aside", async () => {
    using house = new House();
    for (const text of ["{", '{"version":2,"channels":[]}']) {
      writeFileSync(house.file, text);
      house.age(0);
      await using requested = house.open();
      expect(await requested.load()).toEqual([]);
      expect(readFileSync(`${house.file}.bad`, "utf8")).toBe(text);
    }
  });
});

describe("requested channels and their resuming", () => {
  /** A service whose starts of channel 2 last until they are let go. */
  function service(house: House, requested: RequestedChannels) {
    const going = Promise.withResolvers<void>();
    const onAir = new Set<number>();
    const channels = {
      configOf: (id: number) => (id === 4 ? undefined : { id }),
      running: (id: number) => (onAir.has(id) ? {} : undefined),
      start: async (id: number) => {
        if (id === 2) await going.promise;
        if (id === 3) throw new Error("no such plan");
        onAir.add(id);
        return { onSlate: undefined, isNew: true };
      },
      startsSettled: (id: number, signal?: AbortSignal) =>
        id === 2 ? orAbort(going.promise, signal ?? never) : Promise.resolve(),
      stop: async (id: number) => onAir.delete(id),
    };
    const control = new PlayoutControlService({
      channels,
      requested,
      calls: new CallQueues(new ManualClock(nanoseconds(0n))),
      log: house.log,
      defaults: {},
      records: { causedBy: (_id: number, _by: string, work: () => unknown) => work() },
      ports: { release: async () => {} },
    } as unknown as PlayoutControlDeps);
    return { control, onAir, letGo: () => going.resolve() };
  }

  test("requested/an-engine-that-ends-while-it-resumes-forgets-none-and-one-that-is-stopped-meanwhile-stays-so", async () => {
    using house = new House();
    house.write(request(1), request(2), request(3), request(4, true));
    const requested = house.open();
    const { control, onAir, letGo } = service(house, requested);
    const resuming = control.resume();
    await expect.poll(() => [...onAir]).toEqual([1]);
    await requested[Symbol.asyncDispose]();
    // One that fails is tried again; one that the configuration took out is not.
    expect(house.kept).toEqual([1, 2, 3]);

    const stopping = control.stopChannel(create(StopChannelRequestSchema, { channelId: 2 }), {
      correlationId: "",
      peer: "",
      signal: new AbortController().signal,
    });
    letGo();
    expect((await stopping).message).toBe("stopped");
    await resuming;
    await requested[Symbol.asyncDispose]();
    expect(house.kept).toEqual([1, 3]);
    expect([...onAir]).toEqual([1]);
  });

  test("requested/a-stop-whose-caller-leaves-while-the-channel-is-started-has-stopped-nothing", async () => {
    using house = new House();
    const requested = house.open();
    const { control } = service(house, requested);
    await requested.load();
    requested.started(request(2));
    const leaving = new AbortController();
    const stopping = control.stopChannel(create(StopChannelRequestSchema, { channelId: 2 }), {
      correlationId: "",
      peer: "",
      signal: leaving.signal,
    });
    leaving.abort();
    await expect(stopping).rejects.toThrow(expect.objectContaining({ code: "Cancelled" }));
    await requested[Symbol.asyncDispose]();
    expect(house.kept).toEqual([2]);
  });
});
