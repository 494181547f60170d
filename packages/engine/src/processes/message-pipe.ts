import type { ChildProcess } from "node:child_process";
import type { Duplex } from "node:stream";
import { PlayoutError } from "@retrovue/core";
import { MessageReader, messageFrameOf } from "./message-frames.js";

/** The descriptor of a process's pipe to the engine for messages. */
export const messageDescriptor = 3;

/** No message of a process is larger, unless it makes pictures for the engine. The largest is what is on air, as JPEG. */
export const messageBytesMax = 64 * 1_024 * 1_024;

/** What a process that reads now and then may leave unread: beyond, it is stuck. The largest plan is smaller. */
const unreadBytesMax = 128 * 1_024 * 1_024;

/** How much a pipe may hold. */
export interface PipeBounds {
  /** Of one message of the process. Default: 64 MiB. */
  readonly bytesMax?: number | undefined;
  /** Of what the process has not read. Default: 128 MiB. */
  readonly unreadBytesMax?: number;
}

/**
 * Has a process that was begun with a pipe at `messageDescriptor` heard and spoken to as one with Node's own channel: it emits
 * `message`, is `connected`, and takes `send`. Node trusts whoever is at the other end of its own: bytes that are no message throw where nobody can
 * catch it, it takes descriptors and orders to itself, and a message may grow to 4 GiB.
 *
 * A process that sends anything else than messages, or no longer reads, is killed. Before that it emits, as its last message, the
 * `PlayoutError` that says why, which `readMessage` throws: its owner takes it for one that is not understood. What it says after it
 * was killed is not heard.
 */
export function openMessagePipe(child: ChildProcess, bounds: PipeBounds = {}): ChildProcess {
  // Where there were no descriptors left Node gives none at all, and an error follows.
  const stdio = child.stdio as ChildProcess["stdio"] | undefined;
  const pipe = stdio?.[messageDescriptor] as Duplex | null | undefined;
  const own = {
    connected: pipe !== null && pipe !== undefined,
    send(message: object, onSent: (error?: Error | null) => void = () => {}): boolean {
      if (!own.connected || pipe === null || pipe === undefined) return false;
      if (pipe.writableLength > (bounds.unreadBytesMax ?? unreadBytesMax)) {
        process.nextTick(
          end,
          new PlayoutError("LimitExceeded", "The process does not read what it is told."),
        );
        return false;
      }
      return pipe.write(messageFrameOf(message), onSent);
    },
  };
  const end = (why: PlayoutError): void => {
    if (!own.connected) return;
    own.connected = false;
    pipe?.destroy();
    child.emit("message", why);
    child.kill("SIGKILL");
  };
  const reader = new MessageReader(bounds.bytesMax ?? messageBytesMax, (message) => {
    if (!child.killed) child.emit("message", message);
  });
  pipe?.on("data", (piece: Buffer) => {
    if (!own.connected) return;
    try {
      reader.push(piece);
    } catch (thrown) {
      end(PlayoutError.from(thrown));
    }
  });
  pipe?.on("error", () => {});
  pipe?.on("close", () => {
    own.connected = false;
  });
  return Object.defineProperties(child, {
    connected: { get: () => own.connected },
    send: { value: own.send },
  });
}
