import { errorCodeNames, errorCodes, PlayoutError, Status } from "@retrovue/core";
import { awaitedLater, ensure, equal, eventually, rejects } from "../framework/check.js";
import { type ContractOptions, declareSuite } from "../framework/declare-suite.js";
import { defineSuite, type Rule, type SetUp } from "../framework/rule.js";
import { ScriptedControl, type TransportClient, type TransportSubject } from "./transport-subject.js";

/** The subject started over scripted services, with a client. */
async function started(subject: TransportSubject, signal: AbortSignal) {
  const control = new ScriptedControl();
  const endpoints = await subject.transport.start(control, subject.host, signal);
  const client = await subject.connect(endpoints);
  const { unary, streaming } = subject;
  control.onCall = async (request) => unary.response(unary.numberIn(request));
  const call = (n: number, options: Parameters<TransportClient["call"]>[2] = {}) =>
    client.call(unary.method, unary.request(n), options);
  const stream = (n: number, options: Parameters<TransportClient["call"]>[2] = {}) =>
    client.stream(streaming.method, streaming.request(n), options);
  return { control, endpoints, call, stream };
}

/** How a call failed at its caller. */
function failureOf(work: Promise<unknown>, what: string): Promise<{ status: number; code?: string }> {
  return awaitedLater(settleAsFailure(work, what));
}

async function settleAsFailure(
  work: Promise<unknown>,
  what: string,
): Promise<{ status: number; code?: string }> {
  const failure: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  ensure(
    typeof failure === "object" && failure !== null && "status" in failure,
    `${what} fails with a status`,
  );
  return failure as { status: number; code?: string };
}

/** A promise that settles when the context's signal aborts. */
const gone = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** Waits until a number of requests have reached the control services. */
const arrived = (control: ScriptedControl, count: number, signal: AbortSignal) =>
  eventually(() => (control.contexts.length >= count ? true : undefined), `${count} requests`, signal);

const drain = async (stream: AsyncIterable<unknown>, into: unknown[] = []): Promise<unknown[]> => {
  for await (const message of stream) into.push(message);
  return into;
};

const rules: readonly Rule<TransportSubject>[] = [
  {
    id: "transport/calls-carry-request-and-response",
    reason: "A transport adds nothing but encoding: what the caller says is what the engine hears, and back.",
    check: async (subject, signal) => {
      const { control, call, endpoints } = await started(subject, signal);
      ensure(endpoints.length > 0, "start answers where it listens");
      for (const { protocol, address } of endpoints)
        ensure(protocol && address, "an endpoint says how and where");
      for (const n of [0, 1, 999]) {
        equal(subject.unary.numberIn(await call(n)), n, "the number that came back");
      }
      equal(control.methods, new Array(3).fill(subject.unary.method), "the methods called");
    },
  },
  {
    id: "transport/calls-run-concurrently",
    reason: "One slow call (a probe of a large file) must not hold up the SwitchToLive behind it.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      const open = Promise.withResolvers<void>();
      control.onCall = async (request) => {
        await open.promise;
        return subject.unary.response(subject.unary.numberIn(request));
      };
      const calls = Array.from({ length: 16 }, (_, n) => awaitedLater(call(n)));
      await arrived(control, 16, signal);
      open.resolve();
      const numbers = (await Promise.all(calls)).map((answer) => subject.unary.numberIn(answer));
      equal(numbers, [...calls.keys()], "the answers, each to its own call");
    },
  },
  {
    id: "transport/errors-keep-their-code",
    reason: "Schedulers decide by status and code whether to try again, to feed less or to call a person.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      for (const code of errorCodeNames) {
        control.onCall = async () => {
          throw new PlayoutError(code, `Trying ${code}.`);
        };
        const failure = await failureOf(call(1), `a call that throws ${code}`);
        equal([failure.status, failure.code], [errorCodes[code].status, code], "status and code");
      }
    },
  },
  {
    id: "transport/faults-become-internal",
    reason: "A fault of the engine is told as such and ends nothing: the next call is served.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      const { onCall } = control;
      control.onCall = () => {
        throw new TypeError("undefined is not a function");
      };
      equal(
        (await failureOf(call(1), "a call that hits a fault")).status,
        Status.Internal as number,
        "the status",
      );
      control.onCall = onCall;
      equal(subject.unary.numberIn(await call(2)), 2, "the answer to the next call");
    },
  },
  {
    id: "transport/callers-abort-reaches-the-call",
    reason: "Work for a caller that has gone holds places that others wait for.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      let stopped = false;
      control.onCall = async (_, context) => {
        await gone(context.signal);
        stopped = true;
        throw new PlayoutError("Cancelled", "The caller has gone.");
      };
      const abort = new AbortController();
      const failing = failureOf(call(1, { signal: abort.signal }), "an aborted call");
      await arrived(control, 1, signal);
      abort.abort();
      equal((await failing).status, Status.Cancelled as number, "the status");
      await eventually(() => stopped || undefined, "The end of the service's work", signal);
    },
  },
  {
    id: "transport/deadline-reaches-the-call",
    reason: "A caller that set a deadline has gone when it passes, and the engine must know.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      let stopped = false;
      control.onCall = async (_, context) => {
        await gone(context.signal);
        stopped = true;
        throw new PlayoutError("Timeout", "Too late.");
      };
      const failure = await failureOf(call(1, { deadlineMs: 30 }), "a call past its deadline");
      equal(failure.status, Status.DeadlineExceeded as number, "the status");
      // Where the deadline passed on the way there, nothing has begun.
      const over = () => stopped || control.contexts.length === 0 || undefined;
      await eventually(over, "The end of the service's work", signal);
    },
  },
  {
    id: "transport/correlation-id-arrives",
    reason:
      "A fault is traced from scheduler to log by this id (field lesson 49); a call without one gets its own.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      await call(1, { correlationId: "req-4711" });
      await call(2);
      await call(3);
      const [given, made, other] = control.contexts.map((context) => context.correlationId);
      equal(given, "req-4711", "the id given");
      ensure(made && other && made !== other, "ids made up differ");
      for (const { peer } of control.contexts) ensure(peer.length > 0, "the caller is named");
    },
  },
  {
    id: "transport/streams-deliver-in-order",
    reason:
      "Events build on each other: one lost, doubled or overtaken, and the scheduler's picture is wrong.",
    check: async (subject, signal) => {
      const { control, stream } = await started(subject, signal);
      control.onStream = async function* () {
        for (let n = 0; n < 500; n++) yield subject.streaming.response(n);
      };
      const numbers = (await drain(stream(1))).map((message) => subject.streaming.numberIn(message));
      equal(numbers, [...Array(500).keys()], "the messages");
    },
  },
  {
    id: "transport/streams-deliver-at-once",
    reason: "An event that waits in a buffer for the next one tells of a fault when it is over.",
    check: async (subject, signal) => {
      const { control, stream } = await started(subject, signal);
      const seen = [
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
        Promise.withResolvers<void>(),
      ];
      control.onStream = async function* () {
        for (const [n, { promise }] of seen.entries()) {
          yield subject.streaming.response(n);
          await promise;
        }
      };
      let n = 0;
      for await (const message of stream(1)) {
        equal(subject.streaming.numberIn(message), n, "the message");
        seen[n++]?.resolve();
      }
      equal(n, 3, "messages");
    },
  },
  {
    id: "transport/streams-end-with-their-error",
    reason: "A stream that ends without saying why looks complete.",
    check: async (subject, signal) => {
      const { control, stream } = await started(subject, signal);
      control.onStream = async function* () {
        yield subject.streaming.response(7);
        throw new PlayoutError("QueueFull", "You read too slowly.");
      };
      const messages: unknown[] = [];
      const failure = await failureOf(drain(stream(1), messages), "the stream");
      equal([failure.status, failure.code], [Status.ResourceExhausted, "QueueFull"], "status and code");
      equal(messages.length, 1, "messages before it");
    },
  },
  {
    id: "transport/leaving-a-stream-stops-it",
    reason: "Followers come and go for years; a stream that goes on for nobody is a leak.",
    check: async (subject, signal) => {
      const { control, stream } = await started(subject, signal);
      control.onStream = async function* (_, context) {
        yield subject.streaming.response(1);
        await gone(context.signal);
      };
      const abort = new AbortController();
      for await (const message of stream(1, { signal: abort.signal })) {
        equal(subject.streaming.numberIn(message), 1, "the first message");
        break;
      }
      const left = () => control.contexts[0]?.signal.aborted || undefined;
      await eventually(left, "The end of a stream that was left", signal);
      const aborting = drain(stream(2, { signal: abort.signal })).catch(() => {});
      await arrived(control, 2, signal);
      abort.abort();
      await aborting;
      await eventually(
        () => control.contexts[1]?.signal.aborted || undefined,
        "The end of an aborted one",
        signal,
      );
    },
  },
  {
    id: "transport/stop-waits-for-running-calls",
    reason: "A restart must not lose the answer to a plan that was already applied.",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      const open = Promise.withResolvers<void>();
      control.onCall = async (request) => {
        await open.promise;
        return subject.unary.response(subject.unary.numberIn(request));
      };
      const running = awaitedLater(call(5));
      await arrived(control, 1, signal);
      let stopped = false;
      const stopping = awaitedLater(
        subject.transport.stop(signal).then(() => {
          stopped = true;
        }),
      );
      const refused = await failureOf(call(6), "a call while it stops");
      equal(refused.status, Status.Unavailable as number, "the status of a call while it stops");
      ensure(!stopped, "stop waits for the call that runs");
      open.resolve();
      equal(subject.unary.numberIn(await running), 5, "the running call's answer");
      await stopping;
      equal(control.contexts.length, 1, "calls that reached the services");
    },
  },
  {
    id: "transport/stop-ends-streams",
    reason: "Followers learn that the server goes, and reconnect; streams never end by themselves.",
    check: async (subject, signal) => {
      const { control, stream } = await started(subject, signal);
      control.onStream = async function* (_, context) {
        yield subject.streaming.response(1);
        await gone(context.signal);
      };
      const messages: unknown[] = [];
      const following = failureOf(drain(stream(1), messages), "the stream");
      await eventually(() => messages.length || undefined, "The first message", signal);
      await subject.transport.stop(signal);
      equal((await following).status, Status.Unavailable as number, "the status");
      ensure(control.contexts[0]?.signal.aborted, "the service is told");
    },
  },
  {
    id: "transport/stop-cuts-at-its-signal",
    reason: "SIGTERM ends within seconds, whatever a call still waits for (field lesson 52).",
    check: async (subject, signal) => {
      const { control, call } = await started(subject, signal);
      control.onCall = () => new Promise(() => {});
      const running = failureOf(call(1), "a call that is cut");
      await arrived(control, 1, signal);
      const patience = new AbortController();
      const stopping = awaitedLater(subject.transport.stop(patience.signal));
      patience.abort();
      await stopping;
      // It was begun: its caller may not take it for one that is safely made again.
      equal((await running).status, Status.Cancelled as number, "the status");
      ensure(control.contexts[0]?.signal.aborted, "the service is told");
    },
  },
  {
    id: "transport/stop-is-quiet-at-any-time",
    reason: "Closing runs from several places, after failures too: before start, twice, and both at once.",
    check: async (subject, signal) => {
      await subject.rival?.([]).stop(signal);
      await started(subject, signal);
      await Promise.all([subject.transport.stop(signal), subject.transport.stop(signal)]);
      await subject.transport.stop(signal);
    },
  },
  {
    id: "transport/stopped-is-unavailable",
    reason: "What has stopped listens nowhere: the address is free for the next engine.",
    check: async (subject, signal) => {
      const { call, endpoints } = await started(subject, signal);
      await call(1);
      await subject.transport.stop(signal);
      equal(
        (await failureOf(call(2), "a call after the end")).status,
        Status.Unavailable as number,
        "the status",
      );
      const next = subject.rival?.(endpoints);
      if (next === undefined) return;
      await next.start(new ScriptedControl(), subject.host, signal);
      await next.stop(signal);
    },
  },
  {
    id: "transport/taken-address-is-refused",
    reason: "A second engine on the same port is told so and listens nowhere; the first is not disturbed.",
    notApplicable: ({ rival }) => (rival ? undefined : "this transport chooses its address freely"),
    check: async (subject, signal) => {
      const { call, endpoints } = await started(subject, signal);
      const rival = subject.rival?.(endpoints);
      ensure(rival, "there is a rival");
      const other = new ScriptedControl();
      await rejects(rival.start(other, subject.host, signal), "PortInUse", "the second start");
      equal(subject.unary.numberIn(await call(3)), 3, "the first one's answer");
      equal(other.contexts.length, 0, "calls that reached the second");
      await rival.stop(signal);
    },
  },
  {
    id: "transport/aborted-start-listens-nowhere",
    reason: "A start that was given up has no owner who would stop it.",
    check: async (subject, signal) => {
      const control = new ScriptedControl();
      const given = subject.transport.start(control, subject.host, AbortSignal.abort());
      await rejects(given, "Cancelled", "start");
      const rival = subject.rival?.([]);
      if (rival === undefined) return;
      await rival.start(new ScriptedControl(), subject.host, signal);
      await rival.stop(signal);
    },
  },
];

/** All rules of a transport. */
export const transportSuite = defineSuite<TransportSubject>("transport", rules);

/** What the transport suite is run with. */
export interface TransportContractOptions extends ContractOptions {
  /** Called once for each rule. */
  readonly open: SetUp<TransportSubject>;
}

/** Declares the rules of a transport as tests. */
export function transportContract(options: TransportContractOptions): void {
  declareSuite(transportSuite, options.open, options);
}
