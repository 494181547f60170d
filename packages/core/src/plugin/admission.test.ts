import { describe, expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { admitOptions, admitPlugin, provisionOf } from "./admission.js";
import { definePlugin, type PortName, type Provision, pluginContract } from "./plugin.js";

const good = () =>
  definePlugin({
    name: "@example/good",
    contract: pluginContract,
    provides: { clock: { create: () => fail() } },
  });

function fail(): never {
  throw new Error("admission must not run a plugin");
}

function refusal(run: () => unknown): PlayoutError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof PlayoutError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was refused");
}

describe("plugin/admission", () => {
  test("plugin/good-one-is-admitted-without-being-run", () => {
    const plugin = good();
    expect(admitPlugin(plugin, "@example/good")).toBe(plugin);
  });

  test.each([
    ["no default export", undefined, "PluginInvalid", /default export is missing.*definePlugin/],
    ["null", null, "PluginInvalid", /default export is null/],
    ["a class", class {}, "PluginInvalid", /default export is a function/],
    ["a plain object", { name: "x" }, "PluginInvalid", /not a plugin/],
    ["no name", { ...good(), name: "" }, "PluginInvalid", /name is missing/],
    ["no contract", { ...good(), contract: undefined }, "PluginInvalid", /contract version is missing/],
    [
      "a contract that is no version",
      { ...good(), contract: "latest" },
      "PluginInvalid",
      /"latest" is not of the form "1\.0"/,
    ],
    [
      "an older major",
      { ...good(), contract: "0.9" },
      "PluginContract",
      /contract 0\.9; this engine speaks 1\.0\. Install a release/,
    ],
    [
      "a newer major",
      { ...good(), contract: "2.0" },
      "PluginContract",
      /contract 2\.0; this engine speaks 1\.0\. Update the engine/,
    ],
    ["a newer minor", { ...good(), contract: "1.7" }, "PluginContract", /contract 1\.7.*Update the engine/],
    ["nothing provided", { ...good(), provides: {} }, "PluginInvalid", /provides nothing.*decoder, frameBus/],
    [
      "an unknown port",
      { ...good(), provides: { sink: { create() {} } } },
      "PluginInvalid",
      /"sink", which is not a port/,
    ],
    [
      "no factory",
      { ...good(), provides: { decoder: {} } },
      "PluginInvalid",
      /decoder has no create function/,
    ],
    [
      "an unknown need",
      { ...good(), provides: { decoder: { create() {}, needs: ["gpu"] } } },
      "PluginInvalid",
      /needs "gpu"/,
    ],
  ] as const)("plugin/refused-with-remedy: %s", (_, exported, code, message) => {
    const error = refusal(() => admitPlugin(exported, "./mine.js"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain("./mine.js");
    expect(error.remedy).toMatch(/^[A-Z].+\.$/);
    expect(error.details["plugin"]).toBe("./mine.js");
  });

  test("plugin/port-it-lacks-is-named-with-those-it-has", () => {
    const error = refusal(() => provisionOf(good(), "decoder", "@example/good"));
    expect(error.code).toBe("PluginInvalid");
    expect(error.message).toMatch(/provides no decoder, only clock/);
  });

  test("plugin/options-are-checked-by-its-own-schema", () => {
    const parse = (value: unknown) => {
      if ((value as { device?: string }).device === "cuda") return { device: "cuda" };
      throw new Error("device: expected cuda");
    };
    const provision = { options: { parse }, create: fail } as Provision<unknown, unknown, PortName>;
    expect(admitOptions(provision, { device: "cuda" }, "hw")).toEqual({ device: "cuda" });
    const error = refusal(() => admitOptions(provision, undefined, "hw"));
    expect(error.code).toBe("InvalidConfig");
    expect(error.what).toBe("Options of plugin hw: device: expected cuda");
    expect(error.remedy).toMatch(/^Correct them/);
  });

  test("plugin/options-for-one-that-takes-none-are-refused", () => {
    const provision = { create: fail } as Provision<unknown, unknown, PortName>;
    expect(admitOptions(provision, undefined, "x")).toBeUndefined();
    expect(admitOptions(provision, {}, "x")).toBeUndefined();
    expect(refusal(() => admitOptions(provision, { a: 1 }, "x")).message).toMatch(/takes no options/);
  });
});
