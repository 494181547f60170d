import { describe, expect, test } from "vitest";
import { ms } from "../../test/plan-examples.js";
import { settled, VirtualHost } from "../../test/virtual-host.js";
import { SystemClock } from "../clock/system-clock.js";
import { SignsOfLife } from "./signs-of-life.js";

describe("supervision/signs-of-life", () => {
  function living() {
    const host = new VirtualHost();
    const clock = new SystemClock(host);
    const said: boolean[] = [];
    const signs = new SignsOfLife(clock, (isOpen) => said.push(isOpen));
    return { host, clock, said, signs };
  }

  test("supervision/signs-of-life-come-at-once-and-four-times-a-second-until-the-first-tick", async () => {
    const { host, said, signs } = living();
    expect(said).toEqual([false]);
    await host.run(ms(1_010));
    expect(said).toHaveLength(5);
    signs.opened();
    expect(said.at(-1)).toBe(true);
    await host.run(ms(1_000));
    expect(said.slice(5)).toEqual([true, true, true, true, true]);
    signs[Symbol.dispose]();
    signs[Symbol.dispose]();
    signs.opened();
    await host.run(ms(1_000));
    expect(said).toHaveLength(10);
  });

  test("supervision/signs-of-life-follow-no-leap-of-house-time", async () => {
    const { host, clock, said, signs } = living();
    clock.markAired();
    host.stepUtc(ms(60_000));
    clock.resync();
    await settled();
    await host.run(ms(1_010));
    expect(said).toHaveLength(5);
    signs[Symbol.dispose]();
  });

  test("supervision/who-has-no-clock-any-more-gives-no-sign", async () => {
    const { host, clock, said } = living();
    clock[Symbol.dispose]?.();
    await host.run(ms(1_000));
    expect(said).toHaveLength(1);
  });
});
