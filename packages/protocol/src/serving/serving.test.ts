import { queryObjects } from "node:v8";
import { create, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type CallContext, type ControlServices, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { HealthCheckResponse_ServingStatus as Serving } from "../gen/grpc/health/v1/health_pb.js";
import { ServerReflection, ServerReflectionRequestSchema } from "../gen/grpc/reflection/v1/reflection_pb.js";
import { PlayoutControl } from "../gen/retrovue/playout_pb.js";
import { services } from "../service/services.js";
import { CallLedger, readCorrelationId } from "./call-ledger.js";
import { Reflection } from "./reflection.js";
import { requestFromBytes } from "./request-from-bytes.js";
import { ServingHealth } from "./serving-health.js";

/** How many more promises are alive after the work than before it, what nobody holds not counted. */
async function promisesKept(work: () => Promise<void>): Promise<number> {
  const before = queryObjects(Promise, { format: "count" });
  await work();
  return queryObjects(Promise, { format: "count" }) - before;
}

const caller = (signal: AbortSignal = new AbortController().signal) => ({
  peer: "test",
  correlationId: undefined,
  signal,
});

function ledger(call: (context: CallContext) => Promise<unknown>) {
  const control: ControlServices = {
    call: (_method, _request, context) => call(context),
    async *stream(_method, _request, context) {
      yield 1;
      await call(context);
    },
  };
  return new CallLedger(control);
}

describe("serving/ledger", () => {
  test("serving/a-caller-that-goes-ends-its-call-with-its-own-reason", async () => {
    let context: CallContext | undefined;
    const calls = ledger((given) => {
      context = given;
      return new Promise(() => {});
    });
    for (const [reason, code] of [
      [undefined, "Cancelled"],
      [new DOMException("late", "TimeoutError"), "Timeout"],
    ] as const) {
      const gone = new AbortController();
      const call = calls.call("m", {}, caller(gone.signal));
      gone.abort(reason);
      await expect(call).rejects.toMatchObject({ code });
      expect(context?.signal.aborted).toBe(true);
    }
    await expect(calls.call("m", {}, caller(AbortSignal.abort()))).rejects.toMatchObject({
      code: "Cancelled",
    });
  });

  test("serving/everything-thrown-becomes-one-of-our-errors", async () => {
    const calls = ledger(() => {
      throw new TypeError("x is not a function");
    });
    const error = await calls.call("m", {}, caller()).catch((thrown: unknown) => thrown);
    expect(PlayoutError.is(error, "Internal")).toBe(true);
  });

  test("serving/stop-refuses-waits-and-cuts", async () => {
    const calls = ledger(() => new Promise(() => {}));
    const running = calls.call("m", {}, caller());
    const stream = calls.stream("m", {}, caller())[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    const following = stream.next();
    const patience = new AbortController();
    const stopping = calls.stop(patience.signal);
    await expect(following).rejects.toMatchObject({ code: "Unavailable" });
    await expect(calls.call("m", {}, caller())).rejects.toMatchObject({ code: "Unavailable" });
    patience.abort();
    // It was begun: whoever makes it again at once may do it twice.
    await expect(running).rejects.toMatchObject({ code: "Cancelled", remedy: expect.any(String) });
    await stopping;
    await calls.stop(patience.signal);
  });

  test("serving/a-stream-that-stays-open-keeps-nothing-of-what-it-sent", async () => {
    const control: ControlServices = {
      call: async () => undefined,
      async *stream() {
        for (;;) yield {};
      },
    };
    const stream = new CallLedger(control).stream("m", {}, caller())[Symbol.asyncIterator]();
    const send = async (count: number) => {
      for (let n = 0; n < count; n++) await stream.next();
    };
    expect(await promisesKept(() => send(1_000))).toBeLessThan(500);
    await stream.return?.();
  });

  test("serving/only-identifiers-become-correlation-ids", () => {
    expect(readCorrelationId("req-4711")).toBe("req-4711");
    for (const bad of [undefined, "", "a b", "x\n", "ü", "x".repeat(129)])
      expect(readCorrelationId(bad)).toBeUndefined();
  });
});

describe("serving/health", () => {
  test("serving/health-is-told-of-each-service-and-changes-when-draining", async () => {
    const health = new ServingHealth(["a.B"]);
    expect(health.check("")?.status).toBe(Serving.SERVING);
    expect(health.check("a.B")?.status).toBe(Serving.SERVING);
    expect(health.check("a.C")).toBeUndefined();
    const { signal } = new AbortController();
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { status } of health.watch("a.B", signal) ?? []) {
        seen.push(status);
        health.drain();
      }
    })();
    await watching;
    expect(seen).toEqual([Serving.SERVING, Serving.NOT_SERVING]);
    expect(health.check("")?.status).toBe(Serving.NOT_SERVING);
  });

  test("serving/a-watch-that-was-left-leaves-nothing-behind", async () => {
    const health = new ServingHealth(["a.B"]);
    const watch = async () => {
      const gone = new AbortController();
      const states = health.watch("a.B", gone.signal)?.[Symbol.asyncIterator]();
      await states?.next();
      const next = states?.next();
      await Promise.resolve();
      gone.abort();
      expect(await next).toMatchObject({ done: true });
    };
    const kept = await promisesKept(async () => {
      for (let n = 0; n < 1_000; n++) await watch();
    });
    expect(kept).toBeLessThan(500);
    // It lived on all the while, as an engine's does.
    expect(health.check("a.B")?.status).toBe(Serving.SERVING);
  });

  test("serving/watching-an-unknown-service-says-so-and-is-left-with-the-signal", async () => {
    const health = new ServingHealth([]);
    const gone = new AbortController();
    const seen: number[] = [];
    for await (const { status } of health.watch("nobody", gone.signal) ?? []) {
      seen.push(status);
      gone.abort();
    }
    expect(seen).toEqual([Serving.SERVICE_UNKNOWN]);
  });
});

describe("serving/reflection", () => {
  const reflection = new Reflection([...services, ServerReflection]);
  const ask = (messageRequest: object) =>
    reflection.answer(create(ServerReflectionRequestSchema, { host: "h", messageRequest } as never));

  test("serving/reflection-lists-services-and-gives-files-with-imports", () => {
    const list = ask({ case: "listServices", value: "" }).messageResponse;
    expect(list.case === "listServicesResponse" && list.value.service.map(({ name }) => name)).toEqual(
      [...services, ServerReflection].map(({ typeName }) => typeName),
    );
    for (const value of ["retrovue.playout.PlayoutStatus", "retrovue.playout.Event.plan_applied"]) {
      const files = ask({ case: "fileContainingSymbol", value }).messageResponse;
      if (files.case !== "fileDescriptorResponse") throw new Error(`no file for ${value}`);
      const names = files.value.fileDescriptorProto.map(
        (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
      );
      expect(names).toContain("retrovue/playout_events.proto");
      expect(names).toContain("google/protobuf/timestamp.proto");
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test("serving/reflection-knows-extensions-and-says-what-it-does-not-know", () => {
    expect(
      ask({ case: "allExtensionNumbersOfType", value: "google.protobuf.FileOptions" }).messageResponse,
    ).toMatchObject({ case: "allExtensionNumbersResponse", value: { extensionNumber: [50_000] } });
    expect(
      ask({
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.FileOptions", extensionNumber: 50_000 },
      }).messageResponse.case,
    ).toBe("fileDescriptorResponse");
    expect(ask({ case: "fileByFilename", value: "no.proto" }).messageResponse).toMatchObject({
      case: "errorResponse",
      value: { errorCode: 5 },
    });
    expect(ask({ case: undefined }).messageResponse).toMatchObject({
      case: "errorResponse",
      value: { errorCode: 3 },
    });
  });
});

test("serving/undecodable-bytes-are-the-callers-fault", () => {
  const method = PlayoutControl.method.startChannel;
  for (const [bytes, encoding] of [
    [new Uint8Array([0xff, 0xff]), "binary"],
    [new Uint8Array([0x12, 0x05, 0x41]), "binary"],
    [new TextEncoder().encode("{"), "json"],
    [new TextEncoder().encode('{"channelId":"x"}'), "json"],
    [new Uint8Array([0x22, 0xff, 0x22]), "json"],
  ] as const) {
    expect(() => requestFromBytes(method, bytes, encoding)).toThrow(/^The request is not a retrovue/);
  }
  const text = new TextEncoder().encode('{"channelId":3,"moon":1}');
  expect(requestFromBytes(method, text, "json")).toMatchObject({ channelId: 3 });
});
