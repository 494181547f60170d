import { type Command, InvalidArgumentError } from "commander";
import { NodeHostTime } from "../../clock/node-host-time.js";
import type { Terminal } from "../terminal.js";
import { listChannels } from "./list.js";
import { changingMs, openRemote, planningMs, type RemoteOptions, readingMs } from "./remote.js";
import { watchEvents } from "./watch.js";

const examples = `
Examples:
  retrovue-playout ctl list                              the channels of the engine at http://127.0.0.1:8090
  retrovue-playout ctl start 1 evening                   put channel 1 on air with the plan "evening"
  retrovue-playout ctl start 7 film.mkv --serve 8100     and serve it at http://localhost:8100/channel/7.ts as well
  retrovue-playout ctl update 1 late.yaml                the next plan, without a gap
  retrovue-playout ctl preview 1 news.mp4                open it in the shadow
  retrovue-playout ctl switch 1 --at 2026-03-01T20:00:00Z  and put it on air exactly then
  retrovue-playout ctl watch 1 --json | jq .             what happens, one JSON object a line
  retrovue-playout ctl --to grpc://127.0.0.1:50051 list  over gRPC; unix:/run/retrovue/playout.sock works as well`;

interface Common {
  readonly json: boolean;
}

/** Adds the commands that drive a running engine, as any scheduler does. */
export function addCtlCommand(program: Command, terminal: Terminal, end: (code: number) => void): void {
  // Made by the program, so that its ways with errors and output hold for the commands below as well.
  const ctl = program
    .command("ctl")
    .description("drive a running engine: start, update and stop channels, switch, list, watch")
    .option(
      "--to <address>",
      "the engine: http://HOST:PORT, grpc://HOST:PORT or unix:PATH",
      "http://127.0.0.1:8090",
    )
    .option("--token <token>", "bearer token, where it asks for one (default: $RETROVUE_TOKEN)")
    .option(
      "--timeout <seconds>",
      `how long a call may take (default: ${readingMs / 1_000}, start and update ${planningMs / 1_000}, what else changes something ${changingMs / 1_000}; switch: as long as it takes)`,
      seconds,
    )
    .addHelpText("after", examples);
  const remote = () => openRemote(ctl.opts<RemoteOptions>(), terminal);

  ctl
    .command("start")
    .description("put a channel on air")
    .argument("<channel>", "its id", channelId)
    .argument("<plan>", "a plan's name, a plan file, a media file, or test://bars")
    .option("--serve <port>", "serve it on this port as well", wholeNumber)
    .option("--format <json>", "picture and sound format, as program_format_json has it")
    .option("--json", "one JSON object on stdout", false)
    .action(
      async (channel: number, planHandle: string, options: Common & { serve?: number; format?: string }) => {
        using engine = remote();
        const { serve = 0, format = "" } = options;
        const request = { channelId: channel, planHandle, port: serve, programFormatJson: format };
        end(
          await engine.tell(
            (client) => client.control.startChannel(request, engine.within(planningMs)),
            options,
          ),
        );
      },
    );
  ctl
    .command("update")
    .description("give a running channel another plan, with no frame lost")
    .argument("<channel>", "its id", channelId)
    .argument("<plan>", "as for start")
    .option("--json", "one JSON object on stdout", false)
    .action(async (channel: number, planHandle: string, options: Common) => {
      using engine = remote();
      end(
        await engine.tell(
          (client) =>
            client.control.updatePlan({ channelId: channel, planHandle }, engine.within(planningMs)),
          options,
        ),
      );
    });
  ctl
    .command("stop")
    .description("take a channel off air")
    .argument("<channel>", "its id", channelId)
    .option("--json", "one JSON object on stdout", false)
    .action(async (channel: number, options: Common) => {
      using engine = remote();
      end(
        await engine.tell(
          (client) => client.control.stopChannel({ channelId: channel }, engine.within(changingMs)),
          options,
        ),
      );
    });
  ctl
    .command("preview")
    .description("open an asset in the shadow of a channel")
    .argument("<channel>", "its id", channelId)
    .argument("<asset>", "a media file, or test://bars")
    .option("--from <frame>", "first frame, counted from 0 at the house rate", wholeNumber)
    .option("--frames <count>", "how many frames; default: up to the end", wholeNumber)
    .option("--json", "one JSON object on stdout", false)
    .action(
      async (channel: number, assetPath: string, options: Common & { from?: number; frames?: number }) => {
        using engine = remote();
        const { from = 0, frames = -1 } = options;
        const request = {
          channelId: channel,
          assetPath,
          startFrame: BigInt(from),
          frameCount: BigInt(frames),
        };
        end(
          await engine.tell(
            (client) => client.control.loadPreview(request, engine.within(changingMs)),
            options,
          ),
        );
      },
    );
  ctl
    .command("switch")
    .description("put the preview on air; tells when it is")
    .argument("<channel>", "its id", channelId)
    .option("--at <time>", "when, as 2026-03-01T20:00:00Z; default: the next free tick", time)
    .option("--json", "one JSON object on stdout", false)
    .action(async (channel: number, options: Common & { at?: number }) => {
      using engine = remote();
      const request = {
        channelId: channel,
        targetBoundaryTimeMs: BigInt(options.at ?? 0),
        issuedAtTimeMs: new NodeHostTime().utc() / 1_000_000n,
      };
      // It answers when its time has come.
      end(await engine.tell((client) => client.control.switchToLive(request, engine.within()), options));
    });
  ctl
    .command("list")
    .description("tell all channels: state, what is on air, what is next")
    .option("--json", "one JSON object on stdout", false)
    .action(async (options: Common) => {
      using engine = remote();
      end(await listChannels(engine, options, terminal));
    });
  ctl
    .command("watch")
    .description("print what happens, until Ctrl-C; goes on when the engine comes back")
    .argument("[channel...]", "only these", (text: string, before: readonly number[] = []) => [
      ...before,
      channelId(text),
    ])
    .option("--count <events>", "stop after so many", wholeNumber)
    .option("--json", "one JSON object a line", false)
    .action(async (channels: readonly number[], options: Common & { count?: number }) => {
      using engine = remote();
      end(await watchEvents(engine, channels ?? [], options, terminal));
    });
}

function channelId(text: string): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < 1 || value > 2_147_483_647)
    throw new InvalidArgumentError("Write a whole number from 1 to 2147483647.");
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("Write a whole number.");
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(text) || value === 0)
    throw new InvalidArgumentError("Write a number of seconds above 0, as 2.5.");
  return value;
}

function time(text: string): number {
  const value = Date.parse(text);
  if (!Number.isFinite(value) || !/(?:Z|[+-]\d\d:?\d\d)$/i.test(text))
    throw new InvalidArgumentError("Write a time with its zone, as 2026-03-01T20:00:00Z.");
  return value;
}
