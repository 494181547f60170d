import { mkdirSync, mkdtempDisposableSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { planFindings } from "../src/cli/check/check-plans.js";
import { runProgram } from "../src/cli/program.js";
import { readConfigText } from "../src/config/load.js";
import { recordedTerminal } from "./recorded-terminal.js";

const plugins = `frameBus: { use: "@retrovue/engine/plugins/memory-bus" }
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
`;

const never = new AbortController().signal;

interface Told {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** Checks `playout.yaml` among these files. */
async function checked(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  using folder = mkdtempDisposableSync(join(tmpdir(), "playout-check-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text);
  }
  const file = join(folder.path, "playout.yaml");
  const { terminal, written } = recordedTerminal();
  const code = await runProgram(["check-config", "--json", file, ...args], terminal);
  const { ok, faults, warnings } = JSON.parse(written.out) as {
    readonly ok: boolean;
    readonly faults: readonly Told[];
    readonly warnings: readonly Told[];
  };
  return { code, ok, faults, warnings, folder: folder.path, left: readdirSync(folder.path) };
}

/** A plugin's module, without any package: its options must be what \`body\` lets pass. */
const decoder = (body: string) => `export default {
  kind: "retrovue-plugin", name: "mine", contract: "1.0",
  provides: { decoder: { options: { parse(value) { ${body} } }, create() { throw new Error("nothing is made"); } } },
};
`;

describe("check-config looks into plugins", () => {
  test("check-config/options-that-a-plugin-does-not-take-are-told-at-their-place", async () => {
    const { code, ok, faults } = await checked({
      "playout.yaml": `${plugins}decoders:
  - use: "@retrovue/decoder-libav"
    options:
      picturesAhead: many
  - use: "@retrovue/decoder-hw"
    options: { devices: [cuda, { use: toaster }] }
transports:
  - { use: "@retrovue/transport-grpc", options: { lisen: "127.0.0.1:0" } }
`,
    });
    expect({ code, ok }).toEqual({ code: 78, ok: false });
    expect(faults).toMatchObject([
      {
        line: 6,
        column: 22,
        path: "decoders[0].options.picturesAhead",
        expected: expect.stringMatching(/^a whole number from \d+ to \d+$/),
        found: '"many"',
        remedy: expect.stringMatching(/^Give a whole number from/),
      },
      {
        line: 8,
        column: 39,
        path: "decoders[1].options.devices[1].use",
        expected: "one of cuda, qsv, videotoolbox, vaapi, standin",
        found: '"toaster"',
      },
      {
        line: 10,
        column: 51,
        path: "transports[0].options.lisen",
        expected: expect.stringMatching(/^an option of @retrovue\/transport-grpc \(listen, /),
        found: '"lisen"',
        remedy: "Did you mean listen?",
      },
    ]);
  });

  test("check-config/options-of-one-that-takes-none-and-what-does-not-load-are-told", async () => {
    const { code, faults } = await checked({
      "playout.yaml": `frameBus: { use: "@retrovue/engine/plugins/memory-bus", options: { a: 1 } }
conformer: { use: "@retrovue/engine/plugins/copy-conformer" }
decoders:
  - use: nobody-made-this
  - use: ./broken.mjs
  - use: "@retrovue/transport-grpc"
`,
      "broken.mjs": "throw new Error('broken inside');\n",
    });
    expect(code).toBe(78);
    expect(faults).toMatchObject([
      { line: 1, path: "frameBus.options", expected: "no options", found: "a mapping" },
      {
        line: 4,
        path: "decoders[0].use",
        found: expect.stringMatching(/^No package nobody-made-this is installed/),
      },
      { line: 5, path: "decoders[1].use", found: expect.stringMatching(/does not load: broken inside$/) },
      {
        line: 6,
        path: "decoders[2].use",
        found: expect.stringContaining("provides no decoder, only transport"),
      },
    ]);
    expect(faults[1]?.remedy).toContain("npm install nobody-made-this");
  });

  test("check-config/what-other-schemas-say-is-told-where-they-say-it-and-no-secret-is-shown", async () => {
    const { faults } = await checked({
      "playout.yaml": `${plugins}decoders:
  - { use: ./zod.mjs, options: { depth: { of: 3 } } }
  - { use: ./plain.mjs, options: { a: 1 } }
  - { use: ./secret.mjs, options: { apiKey: hunter2 } }
`,
      "zod.mjs": decoder(
        `const error = new Error("two issues"); error.issues = [{ path: ["depth", "of"], message: "Too small" }, { path: ["name"], message: "Required" }]; throw error;`,
      ),
      "plain.mjs": decoder(`throw new TypeError("a is one too many");`),
      "secret.mjs": decoder(
        `throw Object.assign(new Error("Wrong"), { [Symbol.for("@retrovue/core/PlayoutError")]: true,
          code: "InvalidArgument", what: "apiKey must be 32 digits.", details: { field: "apiKey" } });`,
      ),
    });
    expect(faults).toMatchObject([
      { line: 4, path: "decoders[0].options.name", found: "Required" },
      {
        line: 4,
        path: "decoders[0].options.depth.of",
        expected: "options that the plugin takes",
        found: "Too small",
      },
      { line: 5, path: "decoders[1].options", found: "a is one too many" },
      {
        line: 6,
        path: "decoders[2].options.apiKey",
        expected: "32 digits",
        found: "a text that is not shown",
      },
    ]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  test("check-config/what-is-right-is-right-and-nothing-of-it-is-made", async () => {
    const made = await checked({
      "playout.yaml": `${plugins}decoders: [{ use: ./mine.mjs, options: { any: thing } }]\nchannels: [{ id: 1, plan: test://bars }]\n`,
      "mine.mjs": decoder("return value;"),
    });
    expect(made).toMatchObject({ code: 0, ok: true, faults: [], warnings: [] });
    expect([...made.left].sort()).toEqual(["mine.mjs", "playout.yaml"]);
  });
});

describe("check-config reads plan files", () => {
  const config = (more = "") =>
    `${plugins}decoders: [{ use: "@retrovue/decoder-pattern" }]
media: { roots: [./media] }
plans:
  day: ./plans/day.yaml
  night: ./plans/night.json
channels:
  - { id: 1, plan: day }
  - { id: 2, plan: ./plans/own.yaml }
${more}`;
  const good = "end: loop\nsegments: [{ uri: ../media/a.mp4 }, { uri: ../media/a.mp4, duration: 2s }]\n";
  const files = {
    "media/a.mp4": "a film",
    "plans/day.yaml": good,
    "plans/night.json": '{ "segments": [{ "uri": "test://bars", "duration": "1s" }] }',
    "plans/own.yaml": good,
  };

  test("check-config/plans-that-are-right-are-read-without-opening-their-media", async () => {
    expect(await checked({ ...files, "playout.yaml": config() })).toMatchObject({
      code: 0,
      faults: [],
      warnings: [],
    });
  });

  test("check-config/a-plan-that-breaks-a-rule-is-a-fault-in-the-words-of-a-start", async () => {
    const { code, faults, folder } = await checked({
      ...files,
      "playout.yaml": config(),
      "plans/day.yaml":
        "segments: [{ uri: ../media/a.mp4, duration: -1s }, { uri: test://bars, duration: 1s, gainDb: 99 }]\n",
      "plans/night.json": "{",
      "plans/own.yaml": "segments: [{ uri: ../media/a.mp4, duraton: 1s }]\n",
    });
    expect(code).toBe(65);
    expect(faults).toMatchObject([
      {
        line: 6,
        column: 8,
        path: "plans.day",
        expected: "a plan that can air",
        found: expect.stringMatching(
          /day\.yaml: The plan has 2 faults: segments\[0\]\.duration: .*segments\[1\]\.gainDb: /s,
        ),
      },
      {
        line: 7,
        path: "plans.night",
        found: expect.stringContaining(`${folder}/plans/night.json does not parse: `),
      },
      { line: 10, path: "channels[1].plan", found: expect.stringMatching(/own\.yaml: .*duraton/) },
    ]);
    for (const { remedy } of faults) expect(remedy).toMatch(/\.$|\?$/);
  });

  test("check-config/media-that-are-not-there-or-may-not-be-opened-are-warnings", async () => {
    const broken = {
      ...files,
      "plans/day.yaml":
        "segments: [{ uri: ../media/gone.mp4, duration: 1s }, { uri: /etc/hostname, duration: 1s }]\n",
      "plans/own.yaml": `segments: [${Array.from({ length: 14 }, (_, n) => `{ uri: ../media/${n}.mp4 }`).join(", ")}]\n`,
    };
    const { code, warnings } = await checked({ ...broken, "playout.yaml": config() });
    expect(code).toBe(0);
    expect(warnings.slice(0, 2)).toMatchObject([
      {
        line: 6,
        path: "plans.day",
        found: expect.stringMatching(/^segments\[0\]: .*gone\.mp4 cannot be read \(ENOENT\)$/),
      },
      {
        line: 6,
        path: "plans.day",
        found: expect.stringMatching(/^segments\[1\]: .*outside of all media roots$/),
      },
    ]);
    expect(warnings).toHaveLength(2 + 11);
    expect(warnings.at(-1)).toMatchObject({
      line: 10,
      path: "channels[1].plan",
      found: "4 more that may not",
    });
    expect((await checked({ ...broken, "playout.yaml": config() }, "--strict")).code).toBe(78);
  });

  test("check-config/a-plan-file-that-is-not-there-stays-a-warning-and-where-slate-airs-so-does-a-faulty-one", async () => {
    const { "plans/day.yaml": _, ...without } = files;
    const missing = await checked({ ...without, "playout.yaml": config() });
    expect(missing).toMatchObject({ code: 0, faults: [], warnings: [{ path: "plans.day" }] });
    const slate = await checked({
      ...files,
      "plans/day.yaml": "segments: 3\n",
      "playout.yaml": config("unresolvedPlan: slate\n"),
    });
    expect(slate).toMatchObject({ code: 0, faults: [], warnings: [{ path: "plans.day" }] });
  });

  test("check-config/a-uri-of-another-host-is-a-fault-where-it-stands", async () => {
    const { code, faults } = await checked({
      ...files,
      "playout.yaml": config("  - { id: 3, plan: file://nas/plan.yaml }\n"),
    });
    expect(code).toBe(65);
    expect(faults).toMatchObject([
      {
        line: 11,
        path: "channels[2].plan",
        found: "file://nas/plan.yaml is not the URI of a file here",
        remedy: expect.stringMatching(/\.$/),
      },
    ]);
  });

  test("check-config/a-file-that-does-not-answer-is-told-and-the-others-are-looked-at", async () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "playout-check-"));
    const at = (name: string) => join(folder.path, name);
    for (const name of ["hangs.yaml", "faulty.yaml"]) writeFileSync(at(name), "segments: 3\n");
    const text = "plans: { gone: ./hangs.yaml, other: ./faulty.yaml }\n";
    const reading = readConfigText(text, at("playout.yaml"), { environment: {} });
    if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
    // No file can be made to hang here: what reading the first one has is over, and all others have time.
    const isOver = AbortSignal.abort(new DOMException("The time is up.", "TimeoutError"));
    const limits = [never, isOver, never, never];
    const { faults, warnings } = await planFindings(reading.config, () => limits.shift() ?? isOver);
    expect(warnings).toMatchObject([
      { path: ["plans", "gone"], found: expect.stringMatching(/hangs\.yaml: no answer/) },
    ]);
    expect(faults).toMatchObject([{ path: ["plans", "other"] }]);
  });

  test("check-config/faults-of-the-configuration-count-before-those-of-plans", async () => {
    const { code, faults } = await checked({
      ...files,
      "plans/own.yaml": "segments: 3\n",
      "playout.yaml": config('renderer: { use: "@retrovue/renderer", options: { nonsense: 1 } }\n'),
    });
    expect(code).toBe(78);
    expect(faults.map(({ path }) => path)).toEqual(["channels[1].plan", "renderer.options"]);
  });
});
