import { PlayoutError } from "@retrovue/core";
import type { PlayoutConfig } from "../config/playout-config.js";
import { configuredPlugins, pluginUses } from "../plugins/configured-plugins.js";
import { loadPlugin, type PluginUse } from "../plugins/load-plugin.js";
import { exitCodeFor, exitCodes } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** One plugin that the configuration names. */
interface PluginRow {
  readonly place: string;
  readonly port: string;
  readonly use: string;
  readonly ok: boolean;
  readonly name?: string;
  readonly version?: string;
  readonly contract?: string;
  readonly provides?: readonly string[];
  readonly file?: string;
  readonly error?: { readonly code: string; readonly what: string; readonly remedy?: string };
}

/** Loads every plugin that the configuration names, makes none of them, and tells what each is. Gives the exit code. */
export async function listPlugins(
  config: PlayoutConfig,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  let code: number = exitCodes.Ok.code;
  const rows: PluginRow[] = [];
  for (const use of pluginUses(configuredPlugins(config))) {
    try {
      rows.push(await describe(use, config.folder));
    } catch (thrown) {
      const error = PlayoutError.from(thrown);
      const { code: name, what, remedy } = error;
      code = code === exitCodes.Ok.code ? exitCodeFor(error) : code;
      rows.push({ ...headOf(use), ok: false, error: { code: name, what, ...(remedy && { remedy }) } });
    }
  }
  if (options.json)
    terminal.print(JSON.stringify({ ok: code === exitCodes.Ok.code, plugins: rows }, null, 2));
  else for (const row of rows) report(row, terminal);
  return code;
}

const headOf = ({ place, port, use }: PluginUse) => ({ place, port, use });

async function describe(use: PluginUse, folder: string): Promise<PluginRow> {
  const { plugin, version, file } = await loadPlugin(use, folder);
  return {
    ...headOf(use),
    ok: true,
    name: plugin.name,
    ...(version !== undefined && { version }),
    contract: plugin.contract,
    provides: Object.keys(plugin.provides),
    file,
  };
}

function report(row: PluginRow, terminal: Terminal): void {
  if (row.error !== undefined) {
    terminal.error(row.error.what.replace(/\.$/, ""), row.error.remedy);
    return;
  }
  const { port, name, version = "without version", contract, provides = [], file } = row;
  terminal.print(
    `${port.padEnd(9)}  ${name} ${version}  contract ${contract}, provides ${provides.join(", ")}  ${terminal.style("dim", file ?? "")}`,
  );
}
