import { defineConfig } from "vitest/config";

// Tests run from source: the export condition below maps every workspace package to its `src`,
// so that no stale build can pass (or fail) a test.
const sourceConditions = ["@retrovue/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions, externalConditions: sourceConditions } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "packages/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "clients/*/test/**/*.test.ts",
      "scripts/**/*.test.ts",
    ],
    pool: "forks",
    testTimeout: 30_000,
  },
});
