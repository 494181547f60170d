import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { apiVersion, services } from "../src/index.js";

const page = readFileSync(
  fileURLToPath(new URL("../../../docs/contracts/control-api.md", import.meta.url)),
  "utf8",
);

describe("docs/control-api-names-every-call", () => {
  for (const service of services) {
    test(service.name, () => {
      const heading = new RegExp(`^#{2,3} .*\`${service.name}\``, "m").exec(page);
      expect(heading, `a heading for ${service.name}`).not.toBeNull();
      const from = heading?.index ?? 0;
      const next = page.indexOf("\n## ", from + 1);
      const section = page.slice(from, next < 0 ? undefined : next);
      for (const { name } of service.methods) {
        expect(section, `${name} in its service's table`).toMatch(new RegExp(`^\\| \`${name}\` \\|`, "m"));
      }
      const named = [...section.matchAll(/^\| `([A-Z]\w+)` \|/gm)].map((match) => match[1]);
      expect(named.sort(), "no call that the proto does not have").toEqual(
        service.methods.map(({ name }) => name).sort(),
      );
    });
  }

  test("and the version in force", () => {
    expect(page).toContain(`\`${apiVersion}\``);
  });

  test("and every proto file", () => {
    for (const { file } of services) expect(page).toContain(`../../proto/${file.name}.proto`);
  });
});
