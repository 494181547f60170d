import {
  HouseGrid,
  nanoseconds,
  PlayoutError,
  rational,
  type SupervisorEvent,
  type Tick,
} from "@retrovue/core";
import { expect, test } from "vitest";
import type { ChannelRuntime } from "../channels/channel-runtime.js";
import { ChannelRecord } from "./channel-record.js";
import type { EventLog, Happening } from "./events/event-log.js";

const grid = new HouseGrid(rational(25, 1), 48_000);
const firstTick = (1_767_225_600 * 25) as Tick;
const plan = { revision: 1, start: grid.tickTime(firstTick), end: "pad", segments: [] } as const;
const afterNs = nanoseconds(30_000_000_000n);

/** What the last event says, once these have been heard. */
function told(...heard: readonly SupervisorEvent[]) {
  const happened: Happening[] = [];
  const record = new ChannelRecord(
    // As much of one as a record looks at.
    { id: 7, plan, grid, firstTick } as unknown as ChannelRuntime,
    "evening",
    {
      events: { append: (one: Happening) => happened.push(one) } as unknown as EventLog,
      now: () => grid.tickTime(firstTick),
      sleepUntil: () => new Promise(() => {}),
      decoders: [],
      causeOf: () => undefined,
    },
  );
  for (const event of heard) record.heard(event);
  record.stop("engine");
  return { record, body: happened.find(({ body }) => body.case === "channelStateChanged")?.body };
}

const toError: SupervisorEvent = { type: "state", from: "buffering", to: "error" };

test("control/a-channel-whose-workers-die-says-so-when-it-fails", () => {
  const { record, body } = told({ type: "worker-delayed", afterNs }, toError);
  expect(body).toMatchObject({ value: { failure: { code: "WorkerLost" } } });
  expect(record.lastFailure?.error).toMatchObject({ code: "WorkerLost", details: { channel: 7 } });
});

test("control/a-channel-that-can-have-no-worker-says-why", () => {
  const error = new PlayoutError("OutOfSharedMemory", "There is no room for a lane.");
  const { body } = told({ type: "worker-delayed", afterNs, error }, toError);
  expect(body).toMatchObject({ value: { failure: { code: "OutOfSharedMemory" } } });
});
