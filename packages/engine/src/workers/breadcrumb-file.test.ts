import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BreadcrumbFile } from "./breadcrumb-file.js";
import { breadcrumbLayout as layout, readBreadcrumbs } from "./breadcrumb-table.js";

describe("workers/breadcrumb-file", () => {
  function file() {
    const folder = mkdtempDisposableSync(join(tmpdir(), "playout-crumb-"));
    const path = join(folder.path, "crumbs");
    const crumbs = new BreadcrumbFile(path);
    return {
      path,
      crumbs,
      left: () => readBreadcrumbs(readFileSync(path)),
      [Symbol.dispose]: () => {
        crumbs[Symbol.dispose]();
        folder.remove();
      },
    };
  }
  const never = () => new Promise<never>(() => {});

  test("workers/a-call-on-a-line-that-is-gone-is-made-and-leaves-nothing-in-what-may-be-anothers", async () => {
    using made = file();
    const gone = made.crumbs.line("/gone");
    gone[Symbol.dispose]();
    const clean = readFileSync(made.path);
    const seen: unknown[] = [];
    const look = async () => seen.push(made.left());
    await gone.during("seeking", look);
    expect(readFileSync(made.path)).toEqual(clean);

    using next = made.crumbs.line("/next");
    await gone.during("seeking", look);
    const nobody = { assets: [], hasFault: false };
    expect(seen).toMatchObject([nobody, nobody]);

    void next.during("reading", never);
    void gone.during("opening", never);
    await gone.during("opening", look);
    expect(seen.at(-1)).toMatchObject({ assets: ["/next"], openings: [], hasFault: false });
    expect(made.left()).toMatchObject({ assets: ["/next"], openings: [] });
  });

  test("workers/a-line-begins-idle-whatever-its-place-held", () => {
    using made = file();
    const bytes = readFileSync(made.path);
    for (let at = layout.headBytes; at < bytes.length; at += layout.lineBytes)
      bytes.fill(1, at + layout.activityAt, at + layout.assetAt);
    writeFileSync(made.path, bytes);
    using _ = made.crumbs.line("/idle");
    expect(made.left()?.assets).toEqual([]);
  });
});
