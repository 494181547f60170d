import { create } from "@bufbuild/protobuf";
import type { CallContext } from "@retrovue/core";
import { expect, test } from "vitest";
import {
  type ExchangeRequest,
  ExchangeResponseSchema,
  type MasterClock,
  ResyncResponseSchema,
} from "../gen/retrovue/master_clock_pb.js";
import { PlayoutControl } from "../gen/retrovue/playout_pb.js";
import { PlayoutStatus } from "../gen/retrovue/playout_status_pb.js";
import type { Handlers } from "./handlers.js";
import { methodName, methods, services } from "./services.js";

test("protocol/methods-are-found-by-the-name-on-the-wire", () => {
  expect(methodName(PlayoutControl.method.startChannel)).toBe("retrovue.playout.PlayoutControl/StartChannel");
  expect(methods.get("retrovue.playout.PlayoutStatus/WatchEvents")).toBe(PlayoutStatus.method.watchEvents);
  expect(methods.size).toBe(services.reduce((sum, service) => sum + service.methods.length, 0));
});

test("protocol/reading-calls-are-marked-so-that-they-may-be-a-GET", () => {
  const reading = [...methods.values()].filter(({ idempotency }) => idempotency === 1).map(methodName);
  expect(reading.map((name) => name.split("/")[1])).toEqual([
    "GetVersion",
    "GetPlan",
    "ListChannels",
    "GetChannel",
    "CheckPlan",
  ]);
});

test("protocol/an-implementation-without-a-method-does-not-compile", async () => {
  const exchange = async ({ sequence }: ExchangeRequest) => create(ExchangeResponseSchema, { sequence });
  const clock: Handlers<typeof MasterClock> = { exchange, resync: async () => create(ResyncResponseSchema) };
  // @ts-expect-error a method is missing
  const half: Handlers<typeof MasterClock> = { exchange };
  // @ts-expect-error it answers something else
  const wrong: Handlers<typeof MasterClock> = { exchange, resync: exchange };
  expect([half, wrong]).toHaveLength(2);
  const context: CallContext = { correlationId: "c", peer: "test", signal: new AbortController().signal };
  const request = {
    $typeName: "retrovue.playout.ExchangeRequest",
    masterId: "m",
    sequence: 4n,
    masterSendNs: 1n,
  } as const;
  expect((await clock.exchange(request, context)).sequence).toBe(4n);
});
