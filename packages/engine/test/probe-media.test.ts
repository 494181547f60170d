import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { configForProbe, probeFiles } from "../src/cli/probe.js";
import { recordedTerminal } from "./recorded-terminal.js";

/** Real media: see docs/media-support.md, whose tables say what each file is. */
const folder = resolve(process.env["RETROVUE_MEDIA_DIR"] ?? "../shared/media");
const missing = existsSync(folder) ? undefined : `there is no media folder at ${folder} (RETROVUE_MEDIA_DIR)`;

interface Probed {
  readonly decoder: string | null;
  readonly candidates: readonly { readonly name: string; readonly score: number; readonly reason: string }[];
  readonly asset: {
    readonly container: string;
    readonly durationNs: string | null;
    readonly picture: {
      codec: string;
      format: { width: number; height: number; pixelFormat: string };
    } | null;
    readonly sound: { codec: string; sampleRate: number; layout: string } | null;
  } | null;
  readonly error?: { readonly code: string };
}

/** Rows of docs/media-support.md by file name, as the cells between the bars. */
function documented(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(new URL("../../../docs/media-support.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(
    rows.map((row) => {
      const [name = "", ...cells] = row.split("|").slice(1, -1);
      return [name.trim().replaceAll("`", ""), cells.map((cell) => cell.trim())] as const;
    }),
  );
}

/** What `probe` says, in the words of the tables: container, the pictures' first words, sound, seconds. */
function inWords({ asset }: Probed): readonly string[] {
  if (asset === null) return [];
  const { container, picture, sound, durationNs } = asset;
  const { width, height, pixelFormat } = picture?.format ?? {};
  return [
    container,
    picture === null ? "none" : `${picture.codec} ${width}×${height} ${pixelFormat}`,
    sound === null ? "none" : `${sound.codec} ${sound.sampleRate} ${sound.layout}`,
    durationNs === null ? "unknown" : (Number(durationNs) / 1e9).toFixed(2),
  ];
}

describe.skipIf(missing !== undefined)(
  `probe/media-set${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    const rows = documented();

    test.each(["awkward", "programmes", "hostile"])(
      "probe/tells-of-each-file-what-the-page-says: %s",
      { timeout: 120_000 },
      async (name) => {
        const files = readdirSync(resolve(folder, name)).sort();
        const paths = files.map((file) => resolve(folder, name, file));
        const reading = configForProbe(paths, {});
        if (!reading.ok) throw new Error("the configuration of probe is good");
        const { terminal, written } = recordedTerminal();
        const code = await probeFiles(paths, reading.config, { json: true }, terminal);
        const probed = (JSON.parse(written.out) as { readonly files: readonly Probed[] }).files;
        expect(probed.length).toBe(files.length);
        probed.forEach((file, i) => {
          const row = rows.get(`${name}/${files[i]}`) ?? [];
          if (name === "hostile") {
            // Refused where the page says so, with a reason; all else has somebody who plays it.
            const isRefused = row[0]?.startsWith("refused") === true;
            expect([files[i], file.decoder === null], row[0]).toEqual([files[i], isRefused]);
            expect(file.candidates.every(({ reason }) => reason !== "")).toBe(true);
            return;
          }
          const [container, pictures, ...rest] = inWords(file);
          const [sound, seconds] = name === "awkward" ? row.slice(3, 5) : row.slice(2, 4);
          expect([files[i], container, ...rest]).toEqual([files[i], row[0], sound, seconds]);
          expect(row[1]?.startsWith(pictures ?? "?"), `${files[i]}: ${row[1]} begins with ${pictures}`).toBe(
            true,
          );
          expect([files[i], file.decoder]).toEqual([files[i], "@retrovue/decoder-libav"]);
        });
        expect(code === 0).toBe(name !== "hostile");
      },
    );
  },
);
