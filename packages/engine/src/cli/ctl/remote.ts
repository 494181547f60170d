import { toJsonString } from "@bufbuild/protobuf";
import { connect, failureOf, type PlayoutClient } from "@retrovue/client";
import { type ErrorCode, errorCodes, PlayoutError } from "@retrovue/core";
import {
  LoadPreviewResponseSchema,
  RpcStatusSchema,
  StartChannelResponseSchema,
  StopChannelResponseSchema,
  SwitchToLiveResponseSchema,
  UpdatePlanResponseSchema,
} from "@retrovue/protocol";
import { exitCodes } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";

/** Which engine, and by what right. */
export interface RemoteOptions {
  readonly to: string;
  readonly token?: string;
  /** How long a call may take, seconds. */
  readonly timeout?: number;
}

/** How long a call that reads may take, milliseconds: engines answer these at once. */
export const readingMs = 10_000;

/** How long one that changes something may take, milliseconds: it may wait 30 s for those before it. */
export const changingMs = 40_000;

/** How long one that names a plan may take, milliseconds: thousands of its assets may have to be looked at, on a slow share. */
export const planningMs = 300_000;

/** An answer that says whether it went well. */
interface Answer {
  readonly success: boolean;
  readonly message: string;
}

/** A running engine, as the commands reach it. */
export interface Remote extends Disposable {
  readonly address: string;
  readonly client: PlayoutClient;
  /** How long a call may take: so many milliseconds unless the command line says otherwise; not said: as long as it takes. */
  within(ms?: number): { readonly timeoutMs?: number };
  /** Makes a call; its failure becomes one of our errors. */
  ask<T>(call: (client: PlayoutClient) => Promise<T>): Promise<T>;
  /** Makes a call and tells its answer. Gives the exit code. */
  tell(
    call: (client: PlayoutClient) => Promise<Answer>,
    options: { readonly json: boolean },
  ): Promise<number>;
}

/** Reaches for an engine; nothing is connected yet. `InvalidArgument` for an address that is none. */
export function openRemote({ to, token, timeout }: RemoteOptions, terminal: Terminal): Remote {
  const bearer = token ?? terminal.environment["RETROVUE_TOKEN"];
  let client: PlayoutClient;
  try {
    client = connect(to, bearer === undefined || bearer === "" ? {} : { token: bearer });
  } catch (cause) {
    throw new PlayoutError("InvalidArgument", `--to: ${(cause as Error).message}`, { cause });
  }
  const ask = async <T>(call: (client: PlayoutClient) => Promise<T>): Promise<T> => {
    try {
      return await call(client);
    } catch (thrown) {
      throw errorOf(thrown, to);
    }
  };
  return {
    address: to,
    client,
    within: (ms) => {
      const timeoutMs = timeout === undefined ? ms : timeout * 1_000;
      return timeoutMs === undefined ? {} : { timeoutMs };
    },
    ask,
    tell: async (call, { json }) => {
      const answer = await ask(call);
      if (json) terminal.print(jsonOf(answer));
      else if (answer.success) terminal.print(answer.message);
      else terminal.error(answer.message.replace(/\.$/, ""));
      return answer.success ? exitCodes.Ok.code : exitCodes.Unavailable.code;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** A call's failure with the engine's own code, where the engine answered. */
export function errorOf(thrown: unknown, address: string): PlayoutError {
  const { code, message, status, details } = failureOf(thrown);
  if (code !== undefined && Object.hasOwn(errorCodes, code)) {
    const { remedy, ...rest } = details;
    const what = remedy === undefined ? message : message.replace(` ${remedy}`, "");
    return new PlayoutError(code as ErrorCode, what, {
      cause: thrown,
      details: rest,
      ...(remedy !== undefined && { remedy }),
    });
  }
  if (status === unavailable) {
    return new PlayoutError("Unavailable", `No engine answers at ${address} (${message}).`, {
      cause: thrown,
      remedy: "Start one, or name its address with --to.",
    });
  }
  if (status === deadlineExceeded) {
    return new PlayoutError("Timeout", `The engine at ${address} did not answer in time.`, {
      cause: thrown,
      remedy: "Give it longer by --timeout. What was asked for may have been done: see ctl list.",
    });
  }
  return new PlayoutError("Internal", `${address} answered: ${message}`, { cause: thrown });
}

const unavailable = 14;
const deadlineExceeded = 4;

const schemas = [
  StartChannelResponseSchema,
  UpdatePlanResponseSchema,
  StopChannelResponseSchema,
  LoadPreviewResponseSchema,
  SwitchToLiveResponseSchema,
];

function jsonOf(answer: Answer): string {
  const { $typeName } = answer as unknown as { readonly $typeName: string };
  const schema = schemas.find(({ typeName }) => typeName === $typeName) ?? RpcStatusSchema;
  return toJsonString(schema, answer as never, { alwaysEmitImplicit: true });
}
