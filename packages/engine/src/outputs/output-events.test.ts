import { type Nanoseconds, nanosecondsFromMs } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { type OutputEvent, OutputEvents } from "./output-events.js";

function events() {
  let now = 0n as Nanoseconds;
  const told: OutputEvent[] = [];
  const of = new OutputEvents({ output: "http-ts", now: () => now, tell: (event) => told.push(event) });
  return {
    of,
    pass: (ms: number) => {
      now = (now + nanosecondsFromMs(ms)) as Nanoseconds;
    },
    said: () =>
      told
        .splice(0)
        .map((event) =>
          event.type === "output-changed" ? `${event.change} ${event.peer} ${event.dropped}` : event.type,
        ),
  };
}

describe("outputs/events", () => {
  test("outputs/who-comes-and-goes-is-told", () => {
    const { of, said } = events();
    const a = of.joined("a");
    const b = of.joined("b");
    a.left();
    b.left();
    expect(said()).toEqual(["connected a 0", "connected b 0", "disconnected a 0", "disconnected b 0"]);
  });

  test("outputs/drops-are-told-at-once-and-then-every-ten-seconds", () => {
    const { of, pass, said } = events();
    const a = of.joined("a");
    a.dropped(2);
    a.dropped(3);
    pass(9_000);
    a.dropped(1);
    expect(said()).toEqual(["connected a 0", "dropped a 2"]);
    pass(1_000);
    a.dropped(1);
    a.dropped(7);
    a.left();
    expect(said()).toEqual(["dropped a 5", "dropped a 7", "disconnected a 0"]);
  });

  test("outputs/a-flood-of-peers-is-not-told-in-full-and-nobody-leaves-who-never-came", () => {
    const { of, pass, said } = events();
    for (let n = 0; n < 1_000; n++) of.joined(`${n}`).left();
    const flood = said();
    expect(flood).toHaveLength(128);
    expect(flood.filter((line) => line.startsWith("disconnected"))).toHaveLength(64);
    pass(10_000);
    of.joined("later");
    expect(said()).toEqual(["connected later 0"]);
  });
});
