import { formatRational } from "@retrovue/core";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import type { BusTool } from "./open.js";
import { patienceMs } from "./open.js";
import { tickLine, tickRecord } from "./tick-line.js";

/** Tells what a bus is and where it stands. */
export async function showBus(
  tool: BusTool,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { address, reader, grid } = tool;
  const { format } = reader;
  const lease = await reader.next(AbortSignal.timeout(patienceMs));
  const head = reader.head();
  const [leadMs, held] = [
    Math.round(Number(grid.tickTime(head) - tool.now()) / 1e6),
    head - reader.oldest() + 1,
  ];
  const newest = lease.overrun ? undefined : lease;
  if (options.json) {
    const rate = formatRational(format.frameRate);
    const { width, height, pixelFormat, sampleRate, channels } = format;
    const shape = { width, height, pixelFormat, frameRate: rate, sampleRate, channels };
    terminal.print(
      JSON.stringify(
        {
          bus: address,
          format: shape,
          head,
          oldest: reader.oldest(),
          leadMs,
          newest: newest && tickRecord(newest),
        },
        null,
        2,
      ),
    );
  } else {
    const rows = [
      ["bus", `${address.engineId}/${address.channelId}`],
      [
        "picture",
        `${format.width}x${format.height} ${format.pixelFormat}, ${formatRational(format.frameRate)} a second`,
      ],
      ["sound", `${format.sampleRate} Hz, ${format.channels} channels`],
      ["head", `tick ${head}, ${leadMs} ms ahead of house time`],
      ["held", `${held} ticks from ${reader.oldest()}`],
      ["newest", newest === undefined ? "overrun while reading" : tickLine(newest)],
    ];
    for (const [name = "", value = ""] of rows) terminal.print(`${name.padEnd(8)} ${value}`);
  }
  newest?.release();
  return exitCodes.Ok.code;
}
