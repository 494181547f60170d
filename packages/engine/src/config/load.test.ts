// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are the configuration's own syntax.
import { PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import type { ConfigFault } from "./fault.js";
import { type ConfigReading, configError, readConfigText } from "./load.js";

const environment = {
  PORT: "8123",
  WORD: "loud",
  EMPTY: "",
  SECRET_TOKEN: "0123456789abcdef0123456789abcdef",
};
const read = (text: string, file = "/etc/playout/playout.yaml"): ConfigReading =>
  readConfigText(text, file, { environment, exists: (path) => !path.includes("absent") });

const faultsOf = (text: string): readonly ConfigFault[] => {
  const reading = read(text);
  return reading.ok ? [] : reading.faults;
};

interface Mistake {
  readonly name: string;
  readonly text: string;
  /** Line and column from 1. */
  readonly at: readonly [number, number];
  readonly path: string;
  readonly expected: RegExp;
  readonly found: RegExp;
  readonly remedy: RegExp;
}

const mistakes: readonly Mistake[] = [
  {
    name: "a word for a number",
    text: "channels:\n  - id: 1\n    encode:\n      video: { bitrateKbps: fast }\n",
    at: [4, 29],
    path: "channels[0].encode.video.bitrateKbps",
    expected: /^a whole number from 50 to 400000 \(kilobits per second\)$/,
    found: /^"fast"$/,
    remedy: /as in `bitrateKbps: 4000`/,
  },
  {
    name: "a number out of range",
    text: "engine:\n  spareWorkers: 99\n",
    at: [2, 17],
    path: "engine.spareWorkers",
    expected: /^a whole number from 0 to 16$/,
    found: /^99$/,
    remedy: /as in `spareWorkers: 1`/,
  },
  {
    name: "a fraction where whole numbers belong",
    text: "defaults: { holdMs: 1.5 }\n",
    at: [1, 21],
    path: "defaults.holdMs",
    expected: /whole number from 0 to 60000 \(milliseconds\)/,
    found: /^1\.5$/,
    remedy: /`holdMs: 2000`/,
  },
  {
    name: "a misspelt key",
    text: "channels:\n  - id: 1\n    autstart: true\n",
    at: [3, 5],
    path: "channels[0].autstart",
    expected: /a known key/,
    found: /"autstart"/,
    remedy: /^Did you mean autostart\?$/,
  },
  {
    name: "a key cut short",
    text: "defaults:\n  encode: { video: { bitrate: 3000 } }\n",
    at: [2, 22],
    path: "defaults.encode.video.bitrate",
    expected: /a known key/,
    found: /"bitrate"/,
    remedy: /^Did you mean bitrateKbps\?$/,
  },
  {
    name: "a key that is nothing like any",
    text: "telemetry:\n  zebra: 1\n",
    at: [2, 3],
    path: "telemetry.zebra",
    expected: /a known key/,
    found: /"zebra"/,
    remedy: /^Remove it; known here: metrics, log\.$/,
  },
  {
    name: "a required key that is missing",
    text: "channels:\n  - name: News\n",
    at: [2, 5],
    path: "channels[0].id",
    expected: /whole number from 1/,
    found: /^nothing$/,
    remedy: /^Add id, as in `id: 1`\.$/,
  },
  {
    name: "a word that is none of the choices",
    text: "channels:\n  - id: 1\n    run: on-demnd\n",
    at: [3, 10],
    path: "channels[0].run",
    expected: /^one of always, on-demand$/,
    found: /"on-demnd"/,
    remedy: /^Did you mean on-demand\?$/,
  },
  {
    name: "an output of unknown type",
    text: "channels:\n  - id: 1\n    outputs: [{ type: hsl }]\n",
    at: [3, 23],
    path: "channels[0].outputs[0].type",
    expected: /^one of http-ts, hls, udp$/,
    found: /"hsl"/,
    remedy: /^Did you mean hls\?$/,
  },
  {
    name: "a datagram output without its address",
    text: "channels:\n  - id: 1\n    outputs:\n      - { type: udp }\n",
    at: [4, 9],
    path: "channels[0].outputs[0].url",
    expected: /udp:\/\//,
    found: /^nothing$/,
    remedy: /^Add url, as in `url: "udp:\/\/127\.0\.0\.1:5001"`\.$/,
  },
  {
    name: "a rate as a decimal",
    text: "defaults:\n  format: { frameRate: 29.97 }\n",
    at: [2, 24],
    path: "defaults.format.frameRate",
    expected: /exact rate from 1 to 120 such as 25 or 30000\/1001/,
    found: /^29\.97$/,
    remedy: /`frameRate: "30000\/1001"`/,
  },
  {
    name: "a rate that no picture has",
    text: "defaults: { format: { frameRate: 57600/1 } }\n",
    at: [1, 34],
    path: "defaults.format.frameRate",
    expected: /from 1 to 120/,
    found: /"57600\/1"/,
    remedy: /30000\/1001/,
  },
  {
    name: "a list where a mapping belongs",
    text: "engine: [1, 2]\n",
    at: [1, 9],
    path: "engine",
    expected: /^a mapping of keys to values$/,
    found: /^a list of 2$/,
    remedy: /mapping/,
  },
  {
    name: "a list without its entries",
    text: "decoders: []\n",
    at: [1, 11],
    path: "decoders",
    expected: /^a list of 1 to 32 entries$/,
    found: /^an empty list$/,
    remedy: /list of 1 to 32/,
  },
  {
    name: "a truth value in quotes",
    text: 'channels: [{ id: 1, autostart: "yes" }]\n',
    at: [1, 32],
    path: "channels[0].autostart",
    expected: /^true or false$/,
    found: /"yes"/,
    remedy: /true or false/,
  },
  {
    name: "an address without a port",
    text: "telemetry: { metrics: { listen: 127.0.0.1 } }\n",
    at: [1, 33],
    path: "telemetry.metrics.listen",
    expected: /an address with a port/,
    found: /"127\.0\.0\.1"/,
    remedy: /127\.0\.0\.1:8090/,
  },
  {
    name: "a variable that is not set",
    text: 'channels:\n  - { id: 1, name: "${NOWHERE}" }\n',
    at: [2, 20],
    path: "channels[0].name",
    expected: /^the environment variable NOWHERE$/,
    found: /no variable/,
    remedy: /^Set NOWHERE in the environment of the engine, or give a default: \$\{NOWHERE:-value\}\.$/,
  },
  {
    name: "a variable that holds something else",
    text: "channels: [{ id: 1, port: '${WORD}' }]\n",
    at: [1, 27],
    path: "channels[0].port",
    expected: /whole number from 1 to 65535/,
    found: /^"loud" \(from \$\{WORD\}\)$/,
    remedy: /whole number/,
  },
  {
    name: "a reference left open",
    text: "engine:\n  id: ${PORT\n",
    at: [2, 7],
    path: "engine.id",
    expected: /a reference such as/,
    found: /"\$\{PORT"/,
    remedy: /Write \$\{NAME\}/,
  },
  {
    name: "a key that stands twice",
    text: "engine: {}\nmedia: {}\nengine: {}\n",
    at: [3, 1],
    path: "engine",
    expected: /each key once/,
    found: /"engine" a second time/,
    remedy: /Keep one/,
  },
  {
    name: "a channel id that stands twice",
    text: "channels:\n  - id: 7\n  - id: 7\n",
    at: [3, 9],
    path: "channels[1].id",
    expected: /an id that no other channel has/,
    found: /^7, which channels\[0\] has$/,
    remedy: /another id, such as 1/,
  },
  {
    name: "a plan that does not exist",
    text: "plans: { evening: ./e.yaml }\nchannels:\n  - { id: 1, plan: evenning }\n",
    at: [3, 20],
    path: "channels[0].plan",
    expected: /a name under plans \(known: evening\)/,
    found: /"evenning"/,
    remedy: /^Did you mean evening\?$/,
  },
  {
    name: "a plan on a scheme that is not allowed",
    text: "channels: [{ id: 1, plan: 'rtmp://host/live' }]\n",
    at: [1, 27],
    path: "channels[0].plan",
    expected: /media\.protocols allows \(test, file\)/,
    found: /rtmp/,
    remedy: /^Add rtmp to media\.protocols/,
  },
  {
    name: "autostart with nothing to start",
    text: "channels: [{ id: 1, autostart: true }]\n",
    at: [1, 32],
    path: "channels[0].autostart",
    expected: /a plan to start with/,
    found: /without a plan/,
    remedy: /Add `plan: NAME`/,
  },
  {
    name: "more minimum than target lead",
    text: "channels:\n  - id: 1\n    lead: { minMs: 700 }\n",
    at: [3, 20],
    path: "channels[0].lead.minMs",
    expected: /minMs to be at most/,
    found: /minMs 700 and targetMs 500/,
    remedy: /Raise targetMs to 700/,
  },
  {
    name: "two owners of one port",
    text: "telemetry: { metrics: { listen: '127.0.0.1:8090' } }\n",
    at: [1, 33],
    path: "telemetry.metrics.listen",
    expected: /nothing else of this engine listens on/,
    found: /127\.0\.0\.1:8090, which is that of http\.control\.listen/,
    remedy: /another port, such as 8091/,
  },
  {
    name: "addresses that overlap",
    text: "http:\n  view: { listen: '0.0.0.0:8090' }\n",
    at: [2, 19],
    path: "http.view.listen",
    expected: /nothing else/,
    found: /overlaps 127\.0\.0\.1:8090 of http\.control\.listen/,
    remedy: /Write both addresses alike/,
  },
  {
    name: "one Unix socket for two transports",
    text: "transports:\n  - { use: a, options: { listen: 'unix:/run/a' } }\n  - { use: b, options: { listen: ['unix:/run/a'] } }\n",
    at: [3, 35],
    path: "transports[1].options.listen[0]",
    expected: /nothing else/,
    found: /transports\[0\]\.options\.listen/,
    remedy: /another path/,
  },
  {
    name: "control beyond loopback without a guard",
    text: "http: { control: { listen: '0.0.0.0:8090' } }\n",
    at: [1, 28],
    path: "http.control.listen",
    expected: /loopback/,
    found: /no security\.tokens/,
    remedy: /Add a token under security\.tokens/,
  },
  {
    name: "a token that is too short, which is not shown",
    text: "security: { tokens: [{ name: core, token: hunter2 }] }\n",
    at: [1, 43],
    path: "security.tokens[0].token",
    expected: /16 to 1024 characters/,
    found: /^something else \(not shown\)$/,
    remedy: /openssl rand/,
  },
  {
    name: "both ways to give a token",
    text: "security:\n  tokens:\n    - { name: core, token: '${SECRET_TOKEN}', tokenFile: ./t }\n",
    at: [3, 7],
    path: "security.tokens[0]",
    expected: /exactly one of token and tokenFile/,
    found: /not shown/,
    remedy: /exactly one/,
  },
  {
    name: "an odd width with halved chroma",
    text: "defaults: { format: { width: 853 } }\n",
    at: [1, 30],
    path: "defaults.format.width",
    expected: /an even width with yuv420p/,
    found: /width 853/,
    remedy: /width: 854/,
  },
  {
    name: "two HLS outputs of one channel",
    text: "channels:\n  - { id: 1, outputs: [{ type: hls }, { type: hls }] }\n",
    at: [2, 39],
    path: "channels[0].outputs[1]",
    expected: /one hls output a channel/,
    found: /a second one/,
    remedy: /Remove one/,
  },
  {
    name: "a slate that is two things",
    text: "defaults:\n  slate: { image: a.png, clip: b.mp4 }\n",
    at: [2, 10],
    path: "defaults.slate",
    expected: /an image or a clip, not both/,
    found: /a mapping/,
    remedy: /not both/,
  },
  {
    name: "a misspelt clock",
    text: "clock: { use: sytem }\n",
    at: [1, 15],
    path: "clock.use",
    expected: /one of system, master, manual, or a plugin/,
    found: /"sytem"/,
    remedy: /^Did you mean system\?$/,
  },
  {
    name: "a plugin that is not where the path says",
    text: "decoders:\n  - use: ./absent/decoder.js\n",
    at: [2, 10],
    path: "decoders[0].use",
    expected: /a plugin that exists/,
    found: /nothing at \/etc\/playout\/absent\/decoder\.js/,
    remedy: /Correct the path/,
  },
  {
    name: "a plan name that cannot be one",
    text: "plans:\n  'late show!': ./late.yaml\n",
    at: [2, 3],
    path: 'plans["late show!"]',
    expected: /a name of up to 64/,
    found: /"late show!"/,
    remedy: /Rename it/,
  },
  {
    name: "tabs as indentation",
    text: "channels:\n\t- id: 1\n",
    at: [2, 1],
    path: "",
    expected: /YAML or JSON/,
    found: /a tab/,
    remedy: /^Indent with spaces\.$/,
  },
  {
    name: "a bracket left open",
    text: "media: { roots: [/srv\nchannels: []\n",
    at: [2, 1],
    path: "",
    expected: /YAML or JSON/,
    found: /./,
    remedy: /bracket/,
  },
  {
    name: "a second document",
    text: "engine: {}\n---\nengine: {}\n",
    at: [2, 1],
    path: "",
    expected: /YAML or JSON/,
    found: /a second document/,
    remedy: /Keep one document/,
  },
  {
    name: "a tag",
    text: "engine: !include engine.yaml\n",
    at: [1, 9],
    path: "",
    expected: /YAML or JSON/,
    found: /a tag/,
    remedy: /quotes/,
  },
  {
    name: "an alias of nothing",
    text: "engine: *base\n",
    at: [1, 9],
    path: "engine",
    expected: /an anchor that stands before it/,
    found: /\*base/,
    remedy: /Define &base above/,
  },
  {
    name: "a merge key",
    text: "defaults:\n  <<: 1\n",
    at: [2, 3],
    path: "defaults",
    expected: /a key of the configuration/,
    found: /merge key/,
    remedy: /under `defaults`/,
  },
  {
    name: "an alias that contains itself",
    text: "plans: &loop { a: *loop }\n",
    at: [1, 19],
    path: "plans.a.a.a",
    expected: /at most 32 levels/,
    found: /more/,
    remedy: /contains itself/,
  },
  {
    name: "an empty file",
    text: "# nothing yet\n",
    at: [1, 1],
    path: "",
    expected: /a configuration/,
    found: /an empty file/,
    remedy: /channels: \[\{ id: 1 \}\]/,
  },
  {
    name: "a file that is only text",
    text: "hello\n",
    at: [1, 1],
    path: "",
    expected: /a mapping of keys to values/,
    found: /"hello"/,
    remedy: /mapping/,
  },
];

describe("config mistakes", () => {
  test.each(mistakes)("config/names-place-expectation-and-remedy-of $name", (mistake) => {
    const reading = read(mistake.text);
    expect(reading.ok).toBe(false);
    const faults = reading.ok ? [] : reading.faults;
    const fault = faults.find((one) => one.path === mistake.path);
    expect(fault, JSON.stringify(faults)).toMatchObject({
      file: "/etc/playout/playout.yaml",
      line: mistake.at[0],
      column: mistake.at[1],
      expected: expect.stringMatching(mistake.expected),
      found: expect.stringMatching(mistake.found),
      remedy: expect.stringMatching(mistake.remedy),
    });
    const error = configError("/etc/playout/playout.yaml", faults);
    expect(PlayoutError.is(error, "InvalidConfig")).toBe(true);
    expect(error.details["faults"]).toHaveLength(faults.length);
    expect(error.message).toContain(`/etc/playout/playout.yaml:${mistake.at[0]}:${mistake.at[1]}: `);
  });

  test("config/tells-one-mistake-once", () => {
    // Those with consequences: the text after an open bracket, and the same fault at the key that holds the alias.
    const several = new Set(["a bracket left open", "an alias that contains itself"]);
    for (const { name, text } of mistakes) {
      if (!several.has(name)) expect(faultsOf(text), name).toHaveLength(1);
    }
  });

  test("config/tells-all-faults-in-the-order-of-the-file", () => {
    const text = [
      "engine: { isolation: thread }",
      "chanels: []",
      "telemetry: { metrics: { listen: '127.0.0.1:8090' } }",
      "channels:",
      "  - { id: one }",
      "  - { id: 2, plan: nowhere }",
      "  - { id: 2, outputs: [{ type: udp }, { type: hls }, { type: hls }] }",
    ].join("\n");
    expect(faultsOf(text).map((fault) => [fault.line, fault.path])).toEqual([
      [1, "engine.isolation"],
      [2, "chanels"],
      [3, "telemetry.metrics.listen"],
      [5, "channels[0].id"],
      [6, "channels[1].plan"],
      [7, "channels[2].id"],
      [7, "channels[2].outputs[0].url"],
      [7, "channels[2].outputs[2]"],
    ]);
    expect(faultsOf(text).find((fault) => fault.path === "channels[2].id")?.found).toBe(
      "2, which channels[1] has",
    );
  });

  test("config/blames-nothing-on-a-value-that-is-faulty-itself", () => {
    const text =
      "http: { control: { listen: nonsense } }\ntelemetry: { metrics: { listen: '127.0.0.1:8090' } }\n";
    expect(faultsOf(text).map((fault) => fault.path)).toEqual(["http.control.listen"]);
    const plans = "plans: 3\nchannels: [{ id: 1, plan: evening }]\n";
    expect(faultsOf(plans).map((fault) => fault.path)).toEqual(["plans"]);
  });
});

describe("config bounds", () => {
  test("config/an-alias-bomb-is-refused", () => {
    const row = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(of).join(",")}]`;
    const names = [..."abcdefghi"];
    const text = names.map((name, index) => row(name, index === 0 ? "x" : `*${names[index - 1]}`)).join("\n");
    expect(faultsOf(text).map((fault) => fault.expected)).toContain(
      "at most 200000 values after aliases are followed",
    );
  });

  test("config/a-hundred-thousand-brackets-are-refused", () => {
    for (const text of ["[".repeat(100_000), "- ".repeat(50_000), `a: ${'{"a":'.repeat(50_000)}`]) {
      expect(faultsOf(text).length).toBeGreaterThan(0);
    }
  });

  test("config/names-of-object-members-are-not-keys", () => {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(faultsOf(`${key}: { polluted: true }\n`), key).toHaveLength(1);
      expect(faultsOf(`channels: [{ id: 1, plan: ${key} }]\n`), key).toHaveLength(1);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
