// For tests of transports: methods of the control API whose messages carry a number.
import { create } from "@bufbuild/protobuf";
import {
  type BlockEvent,
  BlockEventSchema,
  type StopChannelRequest,
  StopChannelRequestSchema,
  type StopChannelResponse,
  StopChannelResponseSchema,
  type SubscribeBlockEventsRequest,
  SubscribeBlockEventsRequestSchema,
} from "./gen/retrovue/playout_pb.js";

type Numbered = StopChannelRequest | StopChannelResponse | SubscribeBlockEventsRequest | BlockEvent;

const numberIn = (message: unknown): number => {
  const numbered = message as Numbered;
  return "channelId" in numbered ? numbered.channelId : Number(numbered.message);
};

/** A unary and a streaming method, with messages that carry a number. */
export const controlSamples = Object.freeze({
  unary: {
    method: "retrovue.playout.PlayoutControl/StopChannel",
    request: (n: number): unknown => create(StopChannelRequestSchema, { channelId: n }),
    response: (n: number): unknown =>
      create(StopChannelResponseSchema, { success: true, message: String(n) }),
    numberIn,
  },
  streaming: {
    method: "retrovue.playout.PlayoutControl/SubscribeBlockEvents",
    request: (n: number): unknown => create(SubscribeBlockEventsRequestSchema, { channelId: n }),
    response: (n: number): unknown => create(BlockEventSchema, { channelId: n }),
    numberIn,
  },
});
