import { PlayoutError } from "@retrovue/core";
import { expect, test } from "vitest";
import plugin from "../src/index.js";
import { Bench, clipOf, countPictures, never, refusal } from "./standin.js";

const h264 = await clipOf("mp4-h264-aac");
const hevc10 = await clipOf("mp4-hevc10-eac3");

test("device/probe-says-yes-and-where", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([{ use: "standin", standin: { model: "Card of Paper" } }]);
  const { score, reason, asset } = await factory.probe({ uri: h264.uri }, never);
  expect(score).toBe(80);
  expect(reason).toMatch(/^Decodes h264 .+ on standin:0 \(Card of Paper\)\.$/);
  expect(asset?.picture?.codec).toBe("h264");
});

test("device/probe-says-no-and-why-for-each-device", async () => {
  await using bench = new Bench();
  const row = { codec: "hevc", profile: "", depth: 8, chroma: 420, widthMin: 0, heightMin: 0, widthMax: 64 };
  const small = { ...row, heightMax: 64, macroblocksMax: 0 };
  const deep = { ...small, depth: 10 };
  const factory = await bench.factory([
    { use: "standin", index: 0, standin: { missing: "Its library cannot be loaded: it is not there." } },
    { use: "standin", index: 1, standin: { capabilities: [{ ...small, codec: "vp9" }] } },
    { use: "standin", index: 2, standin: { capabilities: [small] } },
    { use: "standin", index: 3, standin: { capabilities: [deep] } },
    {
      use: "standin",
      index: 4,
      standin: { capabilities: [{ ...deep, profile: "Rext", widthMax: 0, heightMax: 0 }] },
    },
  ]);
  const { score, reason } = await factory.probe({ uri: hevc10.uri }, never);
  expect(score).toBe(0);
  expect(reason.split("; ")).toEqual([
    "No device: standin:0 cannot be used (Its library cannot be loaded: it is not there)",
    "standin:1 does not decode hevc",
    "standin:2 does not decode hevc of 10 bits 4:2:0",
    expect.stringMatching(/^standin:3 decodes hevc from 0×0 to 64×64, not \d+×\d+$/),
    "standin:4 does not decode hevc in Main 10.",
  ]);
  const { code, details } = await refusal(factory.open({ uri: hevc10.uri }, {}, never));
  expect(code).toBe("DeviceUnavailable");
  expect(details["tried"]).toHaveLength(5);
});

test("device/what-has-no-moving-pictures-is-left-to-others", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(["standin"]);
  const { uri } = await clipOf("mp4-aac");
  expect(await factory.probe({ uri }, never)).toMatchObject({ score: 0, reason: /no moving pictures/ });
  expect((await refusal(factory.open({ uri }, {}, never))).code).toBe("UnsupportedMedia");
});

test("device/real-ones-that-are-missing-say-so", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([
    "videotoolbox",
    { use: "cuda", index: 31 },
    { use: "vaapi", index: 31 },
  ]);
  const { score, reason } = await factory.probe({ uri: h264.uri }, never);
  expect(score).toBe(0);
  // Index 31 is nobody's: whatever this machine has, these three are not there.
  for (const name of ["videotoolbox", "cuda:31", "vaapi:31"])
    expect(reason).toContain(`${name} cannot be used (`);
});

test("device/sessions-are-counted-and-the-next-is-refused", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([{ use: "standin", sessionsMax: 2 }]);
  const other = await bench.factory([{ use: "standin", sessionsMax: 2 }]);
  const first = await factory.open({ uri: h264.uri }, {}, never);
  const second = await other.open({ uri: h264.uri }, {}, never);
  expect((await factory.devices(never))[0]?.sessions).toEqual({ inUse: 2, max: 2 });
  const full = /standin:0 has no session left \(2 of 2 taken\)/;
  expect((await factory.probe({ uri: h264.uri }, never)).reason).toMatch(full);
  expect(await refusal(factory.open({ uri: h264.uri }, {}, never))).toMatchObject({
    code: "DeviceUnavailable",
    message: full,
  });
  await first[Symbol.asyncDispose]();
  await using third = await other.open({ uri: h264.uri }, {}, never);
  expect(await countPictures(third, 5)).toBe(5);
  await second[Symbol.asyncDispose]();
});

test("device/a-driver-that-gives-no-more-sessions-is-passed-over-for-the-next-device", async () => {
  await using bench = new Bench();
  const factory = await bench.factory([
    { use: "standin", index: 0, standin: { driverSessionsMax: 1 } },
    { use: "standin", index: 1 },
  ]);
  await using _first = await factory.open({ uri: h264.uri }, {}, never);
  await using second = await factory.open({ uri: h264.uri }, {}, never);
  expect(await countPictures(second, 5)).toBe(5);
  expect((await factory.devices(never)).map(({ sessions }) => sessions.inUse)).toEqual([1, 1]);
});

test("device/a-file-that-is-gone-or-no-medium-is-refused-as-by-software", async () => {
  await using bench = new Bench();
  const factory = await bench.factory(["standin"]);
  expect((await refusal(factory.open({ uri: `${h264.path}.gone` }, {}, never))).code).toBe("MediaNotFound");
  const { score } = await factory.probe({ uri: `${h264.path}.gone` }, never);
  expect(score).toBe(0);
});

test("options/devices-faults-name-their-field", () => {
  const { parse } = plugin.provides.decoder.options;
  const fault = (value: unknown) => {
    try {
      parse(value);
      return "";
    } catch (thrown) {
      return PlayoutError.from(thrown).message;
    }
  };
  expect(fault({ device: [] })).toMatch(/^device is not an option; there are devices, /);
  expect(fault({ devices: [] })).toMatch(/^devices must be a list/);
  expect(fault({ devices: ["cudda"] })).toMatch(/^devices\[0\]\.use must be one of cuda, qsv, /);
  expect(fault({ devices: [{ use: "cuda", index: -1 }] })).toMatch(/^devices\[0\]\.index must be a whole/);
  expect(fault({ devices: [{ use: "cuda", standin: {} }] })).toMatch(/^devices\[0\]\.standin belongs to/);
  expect(fault({ devices: [{ use: "standin", standin: { wrong: "blue" } }] })).toMatch(
    /^devices\[0\]\.standin\.wrong/,
  );
  expect(fault({ devices: [{ use: "standin", standin: { capabilities: [{}] } }] })).toMatch(
    /capabilities\[0\]/,
  );
  expect(fault({ sessionsMax: 65 })).toMatch(/^sessionsMax must be/);
  expect(fault({ comparedPictures: 251 })).toMatch(/^comparedPictures must be/);
  expect(fault({ threads: 0 })).toMatch(/^threads must be/);
  expect(parse(undefined).devices.map(({ kind }) => kind)).toEqual(["cuda", "qsv", "videotoolbox", "vaapi"]);
  expect(parse({ devices: [{ use: "qsv", index: 1, sessionsMax: 3 }] }).devices).toEqual([
    { kind: "qsv", index: 1, sessionsMax: 3, standin: undefined },
  ]);
});
