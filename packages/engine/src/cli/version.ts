import { readFileSync } from "node:fs";
import { pluginContract } from "@retrovue/core";

/** What `version` tells. */
export interface VersionReport {
  readonly name: "retrovue-playout";
  readonly version: string;
  /** Version of the contract between engine and plugins. */
  readonly pluginContract: string;
  readonly node: string;
  readonly platform: string;
}

/** Reads the version from the package that this file belongs to. */
export function versionReport(): VersionReport {
  // Two folders up from src/cli and dist/cli alike.
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const { version } = manifest as { readonly version: string };
  return {
    name: "retrovue-playout",
    version,
    pluginContract,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** The report in one line for people. */
export const versionLine = (report: VersionReport): string =>
  `${report.name} ${report.version} (plugin contract ${report.pluginContract}, Node ${report.node}, ${report.platform})`;
