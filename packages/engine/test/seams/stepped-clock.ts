import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { definePlugin, ManualClock, nanoseconds, pluginContract } from "@retrovue/core";

interface SteppedClockOptions {
  /** Path of the socket on which the clock is moved. */
  readonly socket: string;
  /** House time at first, nanoseconds since the Unix epoch. */
  readonly startNs: bigint;
}

/**
 * A clock that stands until whoever holds its socket says where to go: a line holds a house time in nanoseconds, and is
 * answered by the same line once the engine's own process is there. It makes content tests as fast as the CPU, through an
 * engine and workers that are processes of their own.
 */
export default definePlugin({
  name: "stepped-clock",
  contract: pluginContract,
  provides: {
    clock: {
      options: { parse: parseOptions },
      create: async (options) => {
        const { socket, startNs } = options as SteppedClockOptions;
        const clock = new ManualClock(nanoseconds(startNs));
        const server = createServer((peer) => void follow(peer, clock));
        // It is nothing that an engine waits for at its end.
        server.listen(socket).unref();
        await once(server, "listening");
        return clock;
      },
    },
  },
});

async function follow(peer: Socket, clock: ManualClock): Promise<void> {
  peer.unref();
  peer.on("error", () => {});
  for await (const line of createInterface({ input: peer })) {
    clock.set(nanoseconds(BigInt(line)));
    peer.write(`${line}\n`);
  }
}

function parseOptions(value: unknown): SteppedClockOptions {
  const { socket, startNs } = value as Record<string, unknown>;
  if (typeof socket !== "string" || typeof startNs !== "string")
    throw new Error("socket and startNs are texts");
  return { socket, startNs: BigInt(startNs) };
}
