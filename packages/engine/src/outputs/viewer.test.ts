import { nanoseconds, type StreamChunk, type Tick } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { waitingBytesMax } from "./http-ts.js";
import { StreamHub } from "./stream-hub.js";
import { Viewer } from "./viewer.js";

const chunk = (tick: number, bytes = 188): StreamChunk => ({
  bytes: new Uint8Array(bytes).fill(tick),
  randomAccess: tick % 5 === 0,
  tick: tick as Tick,
});

/** A connection that takes what it is told to. */
class FakeSocket {
  readonly got: number[] = [];
  takes = true;
  state: "open" | "ended" | "destroyed" = "open";
  readonly #listeners = new Map<string, () => void>();

  write(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += 188) this.got.push(bytes[at] ?? -1);
    return this.takes;
  }
  end() {
    this.state = "ended";
  }
  destroy() {
    this.state = "destroyed";
  }
  on(event: string, listener: () => void) {
    this.#listeners.set(event, listener);
  }
  emit(event: "drain" | "close") {
    this.#listeners.get(event)?.();
  }
}

function watching(hub: StreamHub, bytesMax = 188 * 20, takes = true) {
  const socket = new FakeSocket();
  socket.takes = takes;
  const told = { bytes: 0, dropped: 0, gone: [] as string[], now: 0n };
  const viewer = new Viewer({
    socket,
    bytesMax,
    now: () => nanoseconds(told.now),
    onBytes: (bytes) => {
      told.bytes += bytes;
    },
    onDropped: (groups) => {
      told.dropped += groups;
    },
    onGone: (why) => told.gone.push(why),
  });
  return { socket, told, viewer, joined: hub.join(viewer) };
}

describe("outputs/viewer", () => {
  test("lesson/39-who-comes-late-begins-with-the-kept-group", () => {
    const hub = new StreamHub();
    for (let tick = 0; tick < 13; tick++) hub.write(chunk(tick));
    const { socket } = watching(hub);
    expect(socket.got).toEqual([10, 11, 12]);
    hub.write(chunk(13));
    expect(socket.got).toEqual([10, 11, 12, 13]);
  });

  test("outputs/only-who-saw-what-was-before-is-told-of-a-break", () => {
    const marked = (tick: number): StreamChunk => {
      const bytes = new Uint8Array(188 * 2);
      // A packet with the mark and a random access point, and one that has no adaptation field, whose payload is not looked at.
      bytes.set([0x47, 1, 0, 0x30, 1, 0xc0, tick], 0);
      bytes.set([0x47, 1, 0, 0x10, 1, 0xc0, tick], 188);
      return { bytes, randomAccess: tick % 5 === 0, tick: tick as Tick };
    };
    const marks = (sink: { readonly got: Uint8Array[] }) => sink.got.map((bytes) => bytes[5]);
    const join = (hub: StreamHub) => {
      const got: Uint8Array[] = [];
      hub.join({ write: ({ bytes }) => void got.push(bytes), end() {} });
      return { got };
    };
    const hub = new StreamHub();
    const first = join(hub);
    hub.write(marked(0));
    hub.write(marked(1));
    const joined = join(hub);
    expect(marks(first)).toEqual([0x40, 0x40]);
    expect(marks(joined)).toEqual([0x40, 0x40]);
    hub.interrupt();
    hub.write(marked(10));
    hub.write(marked(11));
    const late = join(hub);
    hub.write(marked(15));
    expect(marks(first).slice(2)).toEqual([0xc0, 0xc0, 0xc0]);
    expect(marks(late)).toEqual([0x40, 0x40, 0xc0]);
    expect(first.got.every((bytes) => bytes[193] === 0xc0)).toBe(true);
  });

  test("outputs/nothing-is-kept-of-a-stream-that-broke-off", () => {
    const hub = new StreamHub();
    hub.write(chunk(0));
    hub.interrupt();
    const { socket } = watching(hub);
    hub.write(chunk(1));
    hub.write(chunk(5));
    expect(socket.got).toEqual([5]);
  });

  test("lesson/32-one-that-stalls-drops-its-own-groups-and-nobody-elses", () => {
    const hub = new StreamHub();
    const slow = watching(hub);
    const fast = watching(hub);
    slow.socket.takes = false;
    for (let tick = 0; tick < 100; tick++) hub.write(chunk(tick));
    expect(fast.socket.got).toEqual(Array.from({ length: 100 }, (_, tick) => tick));
    expect(fast.told.dropped).toBe(0);
    // It got one chunk, and waits; what waits is bounded and begins a group.
    expect(slow.socket.got).toEqual([0]);
    expect(slow.told.dropped).toBeGreaterThan(0);
    slow.socket.takes = true;
    slow.socket.emit("drain");
    const [, next = -1] = slow.socket.got;
    expect(next % 5).toBe(0);
    expect(slow.socket.got.slice(1)).toEqual(Array.from({ length: 100 - next }, (_, index) => next + index));
  });

  test("outputs/one-that-pauses-for-less-than-the-bound-loses-nothing", () => {
    const hub = new StreamHub();
    const { socket, told } = watching(hub);
    socket.takes = false;
    for (let tick = 0; tick < 20; tick++) hub.write(chunk(tick));
    socket.takes = true;
    socket.emit("drain");
    expect(socket.got).toEqual(Array.from({ length: 20 }, (_, tick) => tick));
    expect(told).toMatchObject({ bytes: 20 * 188, dropped: 0, gone: [] });
  });

  // Ticks of 30 fps at 4 Mbit/s of picture, half as much again at a peak, and sound.
  test.each([
    ["120 ms each second", 30, 4],
    ["one second now and then", 90, 30],
    ["1.6 s once", 300, 48],
  ])("lesson/34-a-reader-that-pauses-loses-nothing: %s", (_, everyTicks, pauseTicks) => {
    const hub = new StreamHub();
    const { socket, told } = watching(hub, waitingBytesMax(4_192, 1_000));
    const bytes = 188 * Math.ceil((1.5 * 4_192_000) / 8 / 30 / 188);
    const got: number[] = [];
    socket.write = (piece) => {
      for (let at = 0; at < piece.length; at += bytes) got.push(piece[at] ?? -1);
      return socket.takes;
    };
    for (let tick = 0; tick < 600; tick++) {
      const isPaused = tick >= everyTicks && tick % everyTicks < pauseTicks;
      if (socket.takes === isPaused) {
        socket.takes = !isPaused;
        if (socket.takes) socket.emit("drain");
      }
      hub.write(chunk(tick, bytes));
    }
    socket.takes = true;
    socket.emit("drain");
    expect(got).toEqual(Array.from({ length: 600 }, (__, tick) => tick % 256));
    expect(told.dropped).toBe(0);
  });

  test.each([
    ["of a second", 1_000],
    ["of 8 s", 8_000],
    ["of 10 s", 10_000],
  ])("outputs/who-joins-at-the-end-of-a-group-gets-it-whole-and-goes-on: %s", (_, gopMs) => {
    const muxRateKbps = 10_000;
    const bytes = 188 * Math.ceil((muxRateKbps * 1_000) / 8 / 25 / 188);
    const groupTicks = (gopMs * 25) / 1_000;
    const hub = new StreamHub();
    const write = (tick: number) =>
      hub.write({ ...chunk(tick, bytes), randomAccess: tick % groupTicks === 0 });
    for (let tick = 0; tick < groupTicks; tick++) write(tick);
    const { socket, told } = watching(hub, waitingBytesMax(muxRateKbps, gopMs), false);
    // The next group begins, and a second of it comes, before the connection takes more than its first piece.
    for (let tick = groupTicks; tick < groupTicks + 25; tick++) write(tick);
    expect(told.dropped).toBe(0);
    socket.takes = true;
    socket.emit("drain");
    expect(told.bytes).toBe((groupTicks + 25) * bytes);
  });

  test("outputs/one-that-takes-nothing-for-ten-seconds-is-disconnected", () => {
    const hub = new StreamHub();
    const { socket, told, joined } = watching(hub);
    socket.takes = false;
    hub.write(chunk(0));
    told.now = 10_000_000_000n;
    hub.write(chunk(1));
    expect(socket.state).toBe("open");
    told.now += 1n;
    hub.write(chunk(2));
    expect(socket.state).toBe("destroyed");
    expect(told.gone).toEqual(["stalled"]);
    socket.emit("close");
    joined[Symbol.dispose]();
    expect(told.gone).toEqual(["stalled"]);
  });

  test("outputs/small-pieces-are-joined-for-one-that-catches-up", () => {
    const hub = new StreamHub();
    const { socket } = watching(hub, 1_000_000);
    socket.takes = false;
    hub.write(chunk(0));
    for (let tick = 1; tick < 100; tick++) hub.write(chunk(tick, 1_880));
    const writes: number[] = [];
    const write = socket.write.bind(socket);
    socket.write = (bytes) => {
      writes.push(bytes.length);
      return write(bytes);
    };
    socket.takes = true;
    socket.emit("drain");
    expect(writes.length).toBe(Math.ceil((99 * 1_880) / (35 * 1_880)));
  });

  test("lesson/38-ends-with-the-channel-and-not-before", () => {
    const hub = new StreamHub();
    const watched = watching(hub);
    const stalled = watching(hub);
    stalled.socket.takes = false;
    hub.write(chunk(0));
    hub.interrupt();
    expect(watched.socket.state).toBe("open");
    hub.close();
    hub.close();
    expect(watched.socket.state).toBe("ended");
    // Nobody waits for one that takes nothing.
    expect(stalled.socket.state).toBe("destroyed");
    expect(watched.told.gone).toEqual(["ended"]);
    expect(watching(hub).socket.state).toBe("ended");
  });
});
