import {
  type CallContext,
  type ControlServices,
  type HttpHost,
  PlayoutError,
  Status,
  type Transport,
} from "@retrovue/core";
import {
  CallFailure,
  type MemoryCallOptions,
  type MemoryClient,
  MemoryNetwork,
  MemoryTransport,
} from "@retrovue/core/testing";
import * as vitest from "vitest";
import {
  declareMutants,
  type Mutant,
  type RuleId,
  transportContract,
  transportSuite,
} from "../../src/index.js";
import type {
  TransportCallOptions,
  TransportClient,
  TransportSubject,
} from "../../src/transport/transport-subject.js";
import { overlay } from "../overlay.js";

/** Memory transports mount nothing. */
const noHost: HttpHost = {
  mount: () => {
    throw new PlayoutError("Unimplemented", "There is no HTTP server here.");
  },
};

const sample = (method: string) => ({
  method: `retrovue.playout.PlayoutControl/${method}`,
  request: (n: number) => ({ asked: n }),
  response: (n: number) => ({ answered: n }),
  numberIn: (message: unknown) => {
    const { asked, answered } = message as { asked?: number; answered?: number };
    return asked ?? answered ?? Number.NaN;
  },
});

/** A caller's deadline is a signal like any other where there is no wire. */
function withDeadlines(client: MemoryClient): TransportClient {
  const memory = ({ signal, deadlineMs, correlationId }: TransportCallOptions): MemoryCallOptions => {
    const signals = signal ? [signal] : [];
    if (deadlineMs !== undefined) signals.push(AbortSignal.timeout(deadlineMs));
    return { signal: AbortSignal.any(signals), ...(correlationId !== undefined && { correlationId }) };
  };
  return {
    call: (method, request, options) => client.call(method, request, memory(options)),
    stream: (method, request, options) => client.stream(method, request, memory(options)),
  };
}

/** Where a memory transport is broken. */
interface Breakage {
  readonly transport?: (transport: Transport) => Partial<Transport>;
  readonly client?: (client: TransportClient) => Partial<TransportClient>;
  readonly control?: (control: ControlServices) => Partial<ControlServices>;
  readonly network?: () => MemoryNetwork;
}

async function memorySubject(breakage: Breakage = {}): Promise<TransportSubject> {
  const network = new MemoryNetwork();
  const sound = new MemoryTransport({ network });
  const heard = overlay<Transport>(sound, {
    start: (control, host, signal) =>
      sound.start(overlay(control, breakage.control?.(control) ?? {}), host, signal),
  });
  return {
    transport: overlay(heard, breakage.transport?.(heard) ?? {}),
    host: noHost,
    unary: sample("GetVersion"),
    streaming: sample("WatchEvents"),
    connect: async ([endpoint]) => {
      const client = withDeadlines(network.connect(endpoint?.address ?? ""));
      return overlay<TransportClient>(client, breakage.client?.(client) ?? {});
    },
    rival: () => new MemoryTransport({ network: breakage.network?.() ?? network }),
    [Symbol.asyncDispose]: () => sound.stop(AbortSignal.abort()),
  };
}

transportContract({ runner: vitest, open: () => memorySubject(), title: "memory transport" });

const mutant = (name: string, breaks: readonly RuleId[], breakage: Breakage): Mutant<TransportSubject> => ({
  name,
  breaks,
  setUp: () => memorySubject(breakage),
});

const patient = new AbortController().signal;
const deaf = (context: CallContext): CallContext => ({ ...context, signal: patient });

async function* swapped(messages: AsyncIterable<unknown>) {
  let kept: unknown;
  for await (const message of messages) {
    if (kept === undefined) kept = message;
    else {
      yield message;
      yield kept;
      kept = undefined;
    }
  }
}

async function* oneBehind(messages: AsyncIterable<unknown>) {
  let kept: unknown;
  for await (const message of messages) {
    if (kept !== undefined) yield kept;
    kept = message;
  }
  yield kept;
}

async function* endingQuietly(messages: AsyncIterable<unknown>) {
  try {
    yield* messages;
  } catch {
    // The fault: a stream that broke off looks like one that is complete.
  }
}

/** Changes how calls fail at their caller. */
const failing = (change: (failure: CallFailure) => CallFailure): Breakage => ({
  client: (client) => ({
    call: (method, request, options) =>
      client.call(method, request, options).catch((failure) => Promise.reject(change(failure))),
  }),
});

declareMutants(vitest, transportSuite, [
  mutant("answers-something-else", ["transport/calls-carry-request-and-response"], {
    control: (control) => ({
      call: async (method, request, context) => {
        await control.call(method, request, context);
        return { answered: 1 };
      },
    }),
  }),
  mutant("serves-one-at-a-time", ["transport/calls-run-concurrently"], {
    control: (control) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        call: (method, request, context) => {
          last = last.then(() => control.call(method, request, context));
          return last;
        },
      };
    },
  }),
  mutant(
    "loses-error-codes",
    ["transport/errors-keep-their-code"],
    failing(({ status, message }) => new CallFailure(status, undefined, message)),
  ),
  mutant(
    "calls-faults-cancelled",
    ["transport/faults-become-internal"],
    failing(({ code, message }) => new CallFailure(1, code, message)),
  ),
  mutant(
    "does-not-tell-who-has-gone",
    [
      "transport/callers-abort-reaches-the-call",
      "transport/deadline-reaches-the-call",
      "transport/leaving-a-stream-stops-it",
    ],
    {
      control: (control) => ({
        call: (method, request, context) => control.call(method, request, deaf(context)),
        stream: (method, request, context) => control.stream(method, request, deaf(context)),
      }),
    },
  ),
  mutant("gives-all-calls-one-id", ["transport/correlation-id-arrives"], {
    control: (control) => ({
      call: (method, request, context) =>
        control.call(method, request, { ...context, correlationId: "req-4711" }),
    }),
  }),
  mutant("swaps-messages", ["transport/streams-deliver-in-order"], {
    control: (control) => ({
      stream: (method, request, context) => swapped(control.stream(method, request, context)),
    }),
  }),
  mutant("sends-when-the-next-one-comes", ["transport/streams-deliver-at-once"], {
    control: (control) => ({
      stream: (method, request, context) => oneBehind(control.stream(method, request, context)),
    }),
  }),
  mutant("ends-streams-quietly", ["transport/streams-end-with-their-error", "transport/stop-ends-streams"], {
    client: (client) => ({
      stream: (method, request, options) => endingQuietly(client.stream(method, request, options)),
    }),
  }),
  mutant("stops-at-once", ["transport/stop-waits-for-running-calls"], {
    transport: (transport) => ({ stop: () => transport.stop(AbortSignal.abort()) }),
  }),
  mutant("waits-for-ever", ["transport/stop-cuts-at-its-signal"], {
    transport: (transport) => ({ stop: () => transport.stop(patient) }),
  }),
  mutant(
    "says-of-a-cut-call-that-it-never-began",
    ["transport/stop-cuts-at-its-signal"],
    failing((failure) =>
      failure.status === Status.Cancelled
        ? new CallFailure(Status.Unavailable, failure.code, failure.message)
        : failure,
    ),
  ),
  mutant("stops-only-once", ["transport/stop-is-quiet-at-any-time"], {
    transport: (transport) => {
      let stopped = false;
      return {
        stop: async (signal) => {
          if (stopped) throw new PlayoutError("Closed", "It has been stopped.");
          stopped = true;
          await transport.stop(signal);
        },
      };
    },
  }),
  mutant("goes-on-after-stop", ["transport/stopped-is-unavailable"], {
    transport: () => ({ stop: async () => {} }),
  }),
  mutant("shares-its-address", ["transport/taken-address-is-refused"], {
    network: () => new MemoryNetwork(),
  }),
  mutant("starts-for-nobody", ["transport/aborted-start-listens-nowhere"], {
    transport: (transport) => ({ start: (control, host) => transport.start(control, host, patient) }),
  }),
]);
