import { PlayoutError } from "@retrovue/core";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { suggest } from "../config/suggest.js";
import { FileCalls } from "../media/file-calls.js";
import { asRunCommand } from "./as-run/as-run-command.js";
import { busCommand } from "./bus/bus-command.js";
import { checkConfig, exitCodeOf, reportReading } from "./check-config.js";
import { addCtlCommand } from "./ctl/ctl-command.js";
import { tellDevices } from "./devices.js";
import { exitCodes } from "./exit-codes.js";
import { type EngineOptions, type Launch, readLaunch, readLaunchPatiently } from "./launch.js";
import { playFiles } from "./play.js";
import { listPlugins } from "./plugins-ls.js";
import { configForProbe, probeFiles } from "./probe.js";
import { reportThrown } from "./report-thrown.js";
import { runLaunch } from "./run-engine.js";
import type { Terminal } from "./terminal.js";
import { versionLine, versionReport } from "./version.js";

const examples = `
Examples:
  retrovue-playout play a.mp4 b.mkv                      play files in a loop at http://localhost:8090/
  retrovue-playout --config playout.yaml                 run the channels of a configuration
  retrovue-playout --channel 1 --port 8090 --plan a.mp4  one channel at http://localhost:8090/channel/1.ts
  retrovue-playout check-config playout.yaml             tell what it would run, or all that is wrong
  retrovue-playout check-config --json | jq .faults      the same for programs
  retrovue-playout ctl list                              what a running engine does
  retrovue-playout probe film.mkv                        tell who would play it, why, and what it is

Exit codes are listed in docs/cli.md.`;

/**
 * Runs one command line and gives its exit code. Results go to stdout; errors to stderr as `error: message` with the
 * remedy on the next line and never a stack trace. Nothing is thrown.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.Ok.code;
  const program = describeProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError)
      return thrown.exitCode === 0 ? exitCodes.Ok.code : exitCodes.Usage.code;
    return reportThrown(thrown, terminal);
  }
}

function describeProgram(terminal: Terminal, end: (code: number) => void): Command {
  const program = new Command("retrovue-playout")
    .description("Plays plans on channels, without a gap. Without a command it runs the engine.")
    .version(versionLine(versionReport()), "-V, --version", "tell the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.error(text.trimEnd()),
      outputError: (text) => reportUsage(text, terminal),
      getOutHasColors: () => terminal.colours("stdout"),
      getErrHasColors: () => terminal.colours("stderr"),
    })
    .addHelpText("after", examples)
    .argument("[command]")
    .usage("[options] [command]")
    .helpCommand("help [command]", "tell the options of a command")
    .allowExcessArguments(true);
  // The argument exists only to catch misspelt commands, so help does not list it.
  program.configureHelp({ visibleArguments: () => [] });
  for (const option of engineOptions()) program.addOption(option);
  program.action(async (command: string | undefined, options: EngineOptions) => {
    if (command !== undefined) end(refuseCommand(command, program, terminal));
    else {
      const { announce = false } = options;
      const files = new FileCalls({ places: [] });
      const read = (signal: AbortSignal) =>
        readLaunchPatiently(options, terminal.environment, { files, signal });
      const launch = await read(new AbortController().signal);
      const reread = options.channel === undefined ? { reread: read } : {};
      end(await runLaunch(launch, terminal, undefined, { announce, files, ...reread }));
    }
  });

  program
    .command("play")
    .description("play files, one after another and for ever, as channel 1; or a plan file, or test://bars")
    .argument("<file...>", "media files, URIs such as test://bars, or one plan file")
    .action(async (files: readonly string[]) => {
      end(await playFiles(files, program.opts<EngineOptions>(), terminal));
    });

  program
    .command("check-config")
    .description("check a configuration: tell what it would run, or everything that is wrong with it")
    .argument(
      "[file]",
      "configuration; default: --config, then ./playout.yaml, then /etc/retrovue/playout.yaml",
    )
    .option("--json", "one JSON object on stdout", false)
    .option("--strict", "count warnings, such as a missing plan file, as faults", false)
    .allowExcessArguments(false)
    .action(async (file: string | undefined, own: { json: boolean; strict: boolean }) => {
      const options = program.opts<EngineOptions>();
      if (file !== undefined && options.config !== undefined) {
        throw new PlayoutError("InvalidArgument", "The configuration is named twice.", {
          remedy: "Leave out --config or the file.",
        });
      }
      const launch = readLaunch(
        file === undefined ? options : { ...options, config: file },
        terminal.environment,
      );
      end(await checkConfig(launch, own, terminal));
    });

  program.addCommand(busCommand(terminal, end));
  const dataDirOf = () => {
    const launch = readLaunch(program.opts<EngineOptions>(), terminal.environment);
    const { reading } = launch;
    return reading.ok ? reading.config.engine.dataDir : refuseReading(launch, terminal);
  };
  program.addCommand(asRunCommand(terminal, dataDirOf, end));
  addCtlCommand(program, terminal, end);

  const plugins = program.command("plugins").description("what the configuration loads");
  plugins
    .command("ls", { isDefault: true })
    .description(
      "list every plugin that the configuration names: version, ports, contract, or why it does not load",
    )
    .option("--json", "one JSON object on stdout", false)
    .allowExcessArguments(false)
    .action(async ({ json }: { json: boolean }) => {
      const launch = readLaunch(program.opts<EngineOptions>(), terminal.environment);
      const { reading } = launch;
      if (reading.ok) end(await listPlugins(reading.config, { json }, terminal));
      else end(refuseReading(launch, terminal));
    });

  program
    .command("probe")
    .description("tell who would play a file, why, and what it is")
    .argument("<file...>", "media files, or URIs such as test://pattern")
    .option("--json", "one JSON object on stdout", false)
    .action(async (files: readonly string[], { json }: { json: boolean }) => {
      const launch = readLaunch(program.opts<EngineOptions>(), terminal.environment);
      const isWithout =
        !launch.reading.ok && launch.named === undefined && launch.reading.reason === "missing";
      const reading = isWithout ? configForProbe(files, terminal.environment) : launch.reading;
      if (reading.ok) end(await probeFiles(files, reading.config, { json }, terminal));
      else end(refuseReading({ ...launch, reading }, terminal));
    });

  program
    .command("devices")
    .description("tell what devices decode here, what each can do, and why something cannot be used")
    .option("--json", "one JSON object on stdout", false)
    .allowExcessArguments(false)
    .action(async ({ json }: { json: boolean }) => {
      const launch = readLaunch(program.opts<EngineOptions>(), terminal.environment);
      const { reading } = launch;
      const isWithout = !reading.ok && launch.named === undefined && reading.reason === "missing";
      if (reading.ok || isWithout)
        end(await tellDevices(reading.ok ? reading.config : undefined, { json }, terminal));
      else end(refuseReading(launch, terminal));
    });

  program
    .command("version")
    .description("tell the version, the plugin contract and the runtime")
    .option("--json", "one JSON object on stdout", false)
    .allowExcessArguments(false)
    .action(({ json }: { json: boolean }) => {
      const report = versionReport();
      terminal.print(json ? JSON.stringify(report, null, 2) : versionLine(report));
    });
  for (const command of program.commands) settle(command, program);
  return program;
}

function refuseReading(launch: Launch, terminal: Terminal): number {
  reportReading(launch, terminal);
  return exitCodeOf(launch.reading);
}

function engineOptions(): Option[] {
  return [
    new Option(
      "-c, --config <file>",
      "configuration (default: ./playout.yaml, then /etc/retrovue/playout.yaml)",
    ),
    new Option("--channel <id>", "run one channel without a configuration").argParser(
      whole(1, 2_147_483_647),
    ),
    new Option("--port <port>", "serve that channel at http://localhost:<port>/channel/<id>.ts").argParser(
      whole(1, 65_535),
    ),
    new Option("--plan <handle>", "what that channel plays: a plan file, a media file, or test://bars"),
    new Option("--address <host>", "host that --port is served on (default: 127.0.0.1)"),
    new Option(
      "--grpc <address>",
      "listen for gRPC here, as 127.0.0.1:50051 or unix:/run/retrovue/playout.sock",
    ),
    new Option("--http <address>", "listen for HTTP control and the page here, as 127.0.0.1:8090"),
    new Option("--announce", "tell what to open in a browser or player once the engine runs"),
    new Option("--log-level <level>", "lowest level that is logged").choices([
      "trace",
      "debug",
      "info",
      "warn",
      "error",
      "fatal",
    ]),
  ];
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** Commands made elsewhere end and speak as the program does, and none overlooks an argument that it has no use for. */
function settle(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent).allowExcessArguments(false);
  for (const below of command.commands) settle(below, command);
}

/** Commands that come with the parts they need: asked for, they say so. */
const laterCommands: readonly string[] = ["check-plan"];

function refuseCommand(command: string, program: Command, terminal: Terminal): number {
  if (laterCommands.includes(command)) {
    throw new PlayoutError("Unimplemented", `${command} is not built yet.`, {
      remedy: "See retrovue-playout --help for what is.",
    });
  }
  const names = program.commands.map((one) => one.name());
  const near = suggest(command, names);
  const known = `Commands: ${names.join(", ")}; see retrovue-playout --help.`;
  terminal.error(`unknown command '${command}'`, near === undefined ? known : `Did you mean ${near}?`);
  return exitCodes.Usage.code;
}

/** Commander says "error: what", and the remedy in brackets on a second line or as a last sentence. */
function reportUsage(text: string, terminal: Terminal): void {
  const message = text.trim().replace(/^error: /, "");
  const [, what = message, remedy = "See retrovue-playout --help."] =
    /^(.*)\n\((Did you mean .*\?)\)$/s.exec(message) ??
    /^(.+?)\. ((?:Write|Allowed choices are) .+)$/s.exec(message) ??
    [];
  terminal.error(what, remedy);
}
