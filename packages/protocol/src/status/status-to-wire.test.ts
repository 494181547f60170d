import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { defaultProgramFormat, mediaTime, nanoseconds, PlayoutError, type Segment } from "@retrovue/core";
import { expect, test } from "vitest";
import { ClockState } from "../gen/retrovue/master_clock_pb.js";
import { EventSchema, StandInKind, StandInReason } from "../gen/retrovue/playout_events_pb.js";
import { PlanSegment_Aspect, PlanSegment_Kind } from "../gen/retrovue/playout_plans_pb.js";
import {
  clockStatusToWire,
  failureToWire,
  planFaultToWire,
  programFormatToWire,
  segmentRefToWire,
  standInCountToWire,
} from "./status-to-wire.js";
import { pictureStreamToWire, soundStreamToWire } from "./streams-to-wire.js";

const segment: Segment = {
  id: "0190ab3c7f127abc9def0123456789ab",
  kind: "filler",
  asset: { uri: "/srv/media/ident.mp4", title: "Ident" },
  inPoint: mediaTime(0n),
  duration: nanoseconds(1n),
  start: undefined,
  gainDb: 0,
  fadeInNs: nanoseconds(0n),
  fadeOutNs: nanoseconds(0n),
  aspect: undefined,
  labels: { event_id: "ev-1" },
};

test("status/format-clock-and-streams-are-told-whole", () => {
  expect(programFormatToWire(defaultProgramFormat)).toMatchObject({
    width: 1920,
    height: 1080,
    frameRate: { num: 30_000, den: 1_001 },
    sampleAspect: { num: 1, den: 1 },
    pixelFormat: "yuv420p",
    sampleRate: 48_000,
    channels: 2,
    aspect: PlanSegment_Aspect.preserve,
  });
  expect(
    clockStatusToWire({
      source: "master",
      state: "holdover",
      offsetNs: nanoseconds(-5n),
      driftPpm: 1.5,
      jitterNsP95: nanoseconds(7n),
      corrections: 3,
      alarm: true,
    }),
  ).toMatchObject({
    source: "master",
    state: ClockState.HOLDOVER,
    offsetNs: -5n,
    driftPpm: 1.5,
    jitterNsP95: 7n,
    corrections: 3n,
    alarm: true,
  });
  const { width, height, pixelFormat, sampleAspect, colour } = defaultProgramFormat;
  const format = {
    width,
    height,
    pixelFormat,
    sampleAspect,
    colour,
    fieldOrder: "top-first",
    rotation: 90,
  } as const;
  expect(pictureStreamToWire({ codec: "h264", format, nominalRate: undefined })).toMatchObject({
    codec: "h264",
    interlaced: true,
    rotation: 90,
    transfer: "bt709",
  });
  expect(
    soundStreamToWire({ codec: "aac", sampleRate: 44_100, channels: 6, layout: "5.1", language: undefined }),
  ).toMatchObject({ codec: "aac", sampleRate: 44_100, channels: 6, layout: "5.1", language: "" });
});

test("status/segments-stand-ins-and-failures-are-told-whole", () => {
  const failure = failureToWire(
    new PlayoutError("MediaNotFound", "No such file.", { details: { uri: "/a" } }),
    nanoseconds(1_500_000_000n),
  );
  expect(segmentRefToWire(segment, 4)).toMatchObject({
    id: segment.id,
    index: 4,
    kind: PlanSegment_Kind.filler,
    uri: "/srv/media/ident.mp4",
    title: "Ident",
    labels: { event_id: "ev-1" },
  });
  expect(failure).toMatchObject({ code: "MediaNotFound", message: "No such file.", details: { uri: "/a" } });
  expect(failure.at).toMatchObject({ seconds: 1n, nanos: 500_000_000 });
  expect(standInCountToWire("slate", "openFailed", 12)).toMatchObject({
    kind: StandInKind.SLATE,
    reason: StandInReason.OPEN_FAILED,
    ticks: 12n,
  });
});

test("status/an-event-of-a-newer-engine-is-skipped-not-fatal", () => {
  // Field 99 of the oneof, length 2: unknown to us.
  const bytes = new Uint8Array([
    ...toBinary(EventSchema, fromBinary(EventSchema, new Uint8Array())),
    0x9a,
    0x06,
    0x02,
    0x08,
    0x01,
  ]);
  const event = fromBinary(EventSchema, bytes);
  expect(event.event.case).toBeUndefined();
});

test("status/a-fault-of-a-plan-has-its-place-apart-from-its-words", () => {
  const path = "segments[3].gainDb";
  const fault = {
    path,
    problem: "gain out of range",
    expected: "-60 to 24 dB",
    found: "99",
    remedy: "Lower it.",
  };
  expect(planFaultToWire(fault)).toMatchObject({
    path,
    message: "gain out of range; expected -60 to 24 dB, found 99. Lower it.",
  });
});
