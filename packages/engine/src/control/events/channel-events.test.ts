import { nanoseconds, PlayoutError, type SupervisorEvent, type Tick } from "@retrovue/core";
import { expect, test } from "vitest";
import { bodyOf, type EventContext } from "./channel-events.js";

const context: EventContext = {
  now: nanoseconds(1_000_000_000n),
  segment: undefined,
  failure: undefined,
  decoders: ["@retrovue/decoder-hw", "@retrovue/decoder-libav"],
};
const tick = 7 as Tick;
const error = new PlayoutError("DeviceUnavailable", "cuda:0 was lost.", { details: { device: "cuda:0" } });

const failed = (retry: { afterNs: bigint; exhausted: boolean } | undefined) =>
  ({
    type: "source-failed",
    tick,
    failure: { asset: { uri: "/a" }, error, reason: "decodeFailed", decoderIndex: 0, retry },
  }) as SupervisorEvent;

test("events/a-change-of-decoder-names-both-and-its-reason", () => {
  const told = bodyOf(
    {
      type: "decoder-changed",
      tick,
      uri: "/a",
      segmentId: "0190ab3c7f127abc9def0123456789ab",
      from: { index: 0, name: "@retrovue/decoder-hw" },
      to: { index: 1, name: "@retrovue/decoder-libav" },
      reason: "deviceLost",
      wasAtWork: true,
      error,
    },
    context,
  );
  expect(told?.tick).toBe(tick);
  expect(told?.body).toMatchObject({
    case: "decoderRestarted",
    value: {
      decoderFrom: "@retrovue/decoder-hw",
      decoderTo: "@retrovue/decoder-libav",
      failure: { code: "DeviceUnavailable", details: { reason: "deviceLost", device: "cuda:0" } },
    },
  });
});

test("events/a-failure-that-another-decoder-mends-is-told-once", () => {
  expect(bodyOf(failed(undefined), context)).toBeUndefined();
  expect(bodyOf(failed({ afterNs: 1_000_000_000n, exhausted: false }), context)?.body).toMatchObject({
    case: "decoderRestarted",
    value: { decoderFrom: "@retrovue/decoder-hw", decoderTo: "" },
  });
});
