import { describe, expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { Container } from "./container.js";
import { Token } from "./token.js";

const port = new Token<number>("Port");
const address = new Token<string>("Address");

describe("di/container", () => {
  test("di/factories-run-once-and-see-what-else-is-bound", () => {
    let runs = 0;
    const container = Container.create()
      .bind(port, 8090)
      .bindFactory(address, (scope) => `localhost:${scope.resolve(port)}#${++runs}`);
    expect(container.resolve(address)).toBe("localhost:8090#1");
    expect(container.resolve(address)).toBe("localhost:8090#1");
  });

  test("di/undefined-is-a-value-a-factory-may-give-once", () => {
    let runs = 0;
    const token = new Token<undefined>("Nothing");
    const container = Container.create().bindFactory(token, () => {
      runs += 1;
      return undefined;
    });
    container.resolve(token);
    container.resolve(token);
    expect(runs).toBe(1);
  });

  test("di/a-channel-scope-sees-the-engine-and-keeps-its-own", () => {
    const engine = Container.create().bind(port, 1);
    const one = engine.child().bind(address, "one");
    const two = engine.child().bind(address, "two").bind(port, 2);
    expect([one.resolve(port), one.resolve(address)]).toEqual([1, "one"]);
    expect([two.resolve(port), two.resolve(address)]).toEqual([2, "two"]);
    expect(engine.resolve(port)).toBe(1);
    expect(engine.has(address)).toBe(false);
  });

  test("di/two-engines-in-a-process-share-nothing", () => {
    const a = Container.create().bind(port, 1);
    expect(a.has(port)).toBe(true);
    expect(Container.create().has(port)).toBe(false);
  });

  test("di/an-unbound-token-is-named", () => {
    expect(() => Container.create().resolve(port)).toThrow(PlayoutError);
    expect(() => Container.create().resolve(port)).toThrow(/Nothing is bound to Port/);
  });
});
