import { toJsonString } from "@bufbuild/protobuf";
import { followEvents } from "@retrovue/client";
import { channelStates, type Event, EventSchema } from "@retrovue/protocol";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";
import { errorOf, type Remote, readingMs } from "./remote.js";

/** What the command line says of a watch. */
export interface WatchOptions {
  readonly json: boolean;
  readonly count?: number;
}

/** Prints events until there were enough, until nobody reads them, or until Ctrl-C. Gives the exit code. */
export async function watchEvents(
  engine: Remote,
  channelIds: readonly number[],
  { json, count }: WatchOptions,
  terminal: Terminal,
): Promise<number> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  process.once("SIGINT", leave);
  terminal.readerGone.addEventListener("abort", leave, { once: true });
  const { signal } = gone;
  let printed = 0;
  try {
    // An engine that was never there is an error; one that goes away is waited for.
    await engine.client.control.getVersion({}, { ...engine.within(readingMs), signal });
    const onLost = () => terminal.warn(`${engine.address} is out of reach; trying again`);
    for await (const event of followEvents(engine.client, { channelIds, signal, onLost })) {
      terminal.print(json ? toJsonString(EventSchema, event) : lineOf(event));
      printed += 1;
      if (printed === count) break;
    }
  } catch (thrown) {
    if (!signal.aborted) throw errorOf(thrown, engine.address);
  } finally {
    gone.abort();
    process.off("SIGINT", leave);
    terminal.readerGone.removeEventListener("abort", leave);
  }
  return exitCodes.Ok.code;
}

function lineOf({ at, channelId, event, planRevision }: Event): string {
  const time =
    at === undefined ? "" : new Date(Number(at.seconds) * 1_000 + at.nanos / 1_000_000).toISOString();
  const where = channelId === 0 ? "engine" : `channel ${channelId}`;
  return `${time}  ${where}  ${sentence(event)}${planRevision === 0n ? "" : `  (plan ${planRevision})`}`;
}

function sentence(event: Event["event"]): string {
  switch (event.case) {
    case "channelStateChanged":
      return `${channelStates.numbers[event.value.from]} -> ${channelStates.numbers[event.value.to]}: ${event.value.reason}`;
    case "segmentStarted":
      return `on air: ${event.value.segment?.uri || "pad"}${event.value.lateTicks === 0n ? "" : `, ${event.value.lateTicks} ticks late`}`;
    case "segmentEnded":
      return `aired: ${event.value.segment?.uri || "pad"}, ${event.value.ticksAsPlanned} of ${event.value.endTick - event.value.firstTick} ticks as planned`;
    case "standInBegan":
      return `stand-in began${event.value.failure === undefined ? "" : `: ${event.value.failure.message}`}`;
    case "standInEnded":
      return `stand-in ended after ${event.value.ticks} ticks`;
    case "decoderRestarted":
      return `${event.value.segment?.uri ?? "an asset"} failed: ${event.value.failure?.message ?? ""}`;
    case "workerReplaced":
      return `worker replaced: ${event.value.cause}`;
    case "planApplied":
      return `plan ${event.value.revision} from ${event.value.source}${event.value.late ? ", late" : ""}`;
    case "clockHealthChanged":
      return `clock: offset ${event.value.clock?.offsetNs ?? 0n} ns${event.value.stepNs === 0n ? "" : `, stepped by ${event.value.stepNs} ns`}`;
    case "eventsLost":
      return "events were lost; read the state anew";
    default:
      return event.case ?? "something that this version does not know";
  }
}
