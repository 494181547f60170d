import { PlayoutError } from "@retrovue/core";
import { expect, test } from "vitest";
import { Leftovers } from "./leftovers.js";
import type { NativeModule, NativeOptions, NativeSession } from "./native.js";
import { Session } from "./session.js";

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "fulfilled",
    (thrown: unknown) => PlayoutError.from(thrown).code,
  );

/** A session whose medium hangs: it knows nothing and does not close before it is told to. */
function hanging(): { readonly native: Pick<NativeModule, "Session">; end(): void } {
  let closed = false;
  let tell = () => {};
  const session: Partial<NativeSession> = {
    info: () => undefined,
    keepAlive() {},
    close() {},
    closed: () => closed,
  };
  function Made(_options: NativeOptions, onChange: () => void) {
    tell = onChange;
    return session;
  }
  return {
    native: { Session: Made as unknown as NativeModule["Session"] },
    end() {
      closed = true;
      tell();
    },
  };
}

test("opening/an-abort-settles-it-though-the-medium-hangs", async () => {
  const { native, end } = hanging();
  const leftovers = new Leftovers();
  const patience = new AbortController();
  const options = { uri: "hangs" } as NativeOptions;
  const opening = codeOf(Session.open(native, { fd: 0 }, options, undefined, patience.signal, leftovers));
  patience.abort();
  expect(await opening).toBe("Cancelled");
  // It is not forgotten: who disposes of the factory waits for it.
  let disposed = false;
  const disposal = leftovers[Symbol.asyncDispose]().then(() => {
    disposed = true;
  });
  await new Promise(setImmediate);
  expect(disposed).toBe(false);
  end();
  await disposal;
});

test("opening/what-comes-after-an-abort-is-closed", async () => {
  const leftovers = new Leftovers();
  const patience = new AbortController();
  const opened = Promise.withResolvers<string>();
  const closed: string[] = [];
  const close = async (late: string) => {
    closed.push(late);
  };
  const opening = codeOf(leftovers.unlessAborted(opened.promise, patience.signal, close));
  patience.abort();
  expect(await opening).toBe("Cancelled");
  opened.resolve("a file");
  await leftovers[Symbol.asyncDispose]();
  expect(closed).toEqual(["a file"]);
});

test("opening/what-comes-in-time-is-given-and-not-closed", async () => {
  const leftovers = new Leftovers();
  const never = async () => {
    throw new Error("it was in time");
  };
  const { signal } = new AbortController();
  expect(await leftovers.unlessAborted(Promise.resolve(1), signal, never)).toBe(1);
  const failing = Promise.reject(new PlayoutError("MediaNotFound", "It is not there."));
  expect(await codeOf(leftovers.unlessAborted(failing, signal, never))).toBe("MediaNotFound");
});
