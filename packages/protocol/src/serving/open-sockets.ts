import type { Socket } from "node:net";

/** How long answers may take to leave when a server ends, milliseconds. */
const flushMs = 500;

/** The connections that a server has open. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>();

  /** Counts one in until it closes. A peer that resets its connection is no news. */
  keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
  }

  /** Resolves when all have closed, or when what was answered has had its time to leave. */
  async flushed(): Promise<void> {
    const ends = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    const late = new Promise((resolve) => setTimeout(resolve, flushMs).unref());
    await Promise.race([Promise.all(ends), late]);
  }

  /** Breaks off those that are left. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
