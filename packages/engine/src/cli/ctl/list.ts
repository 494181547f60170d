import { toJsonString } from "@bufbuild/protobuf";
import { type ChannelStatus, channelStates, ListChannelsResponseSchema } from "@retrovue/protocol";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import { type Remote, readingMs } from "./remote.js";

/** Tells all channels. Gives the exit code. */
export async function listChannels(
  engine: Remote,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const answer = await engine.ask(({ status }) => status.listChannels({}, engine.within(readingMs)));
  if (options.json) {
    terminal.print(toJsonString(ListChannelsResponseSchema, answer, { alwaysEmitImplicit: true }));
    return exitCodes.Ok.code;
  }
  const { engineId, version } = answer.engine ?? { engineId: "", version: "" };
  terminal.print(`engine ${engineId}, version ${version}`);
  if (answer.channels.length === 0) terminal.print("no channels");
  for (const channel of answer.channels) terminal.print(lineOf(channel, terminal));
  return exitCodes.Ok.code;
}

function lineOf(channel: ChannelStatus, terminal: Terminal): string {
  const { channelId, name, state, onAir, next, planRevision, depthFrames } = channel;
  const word = channelStates.numbers[state] ?? String(state);
  const head = `${String(channelId).padStart(4)}  ${terminal.style("bold", name.padEnd(16))}  ${word.padEnd(9)}`;
  if (onAir === undefined) return head.trimEnd();
  const what = onAir.segment?.title || onAir.segment?.uri || "black";
  const standIn = onAir.standIn === 0 ? "" : " (a stand-in airs)";
  const left = onAir.remaining === undefined ? "" : `, ${Number(onAir.remaining.seconds)} s left`;
  const then =
    next?.segment === undefined ? "" : `, then ${next.segment.title || next.segment.uri || "black"}`;
  return `${head}  ${what}${standIn}${left}${then}; plan ${planRevision}, ${depthFrames} frames ahead`;
}
