import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import { PlayoutError } from "@retrovue/core";
import { MessageReader, messageFrameOf } from "./message-frames.js";
import { messageDescriptor } from "./message-pipe.js";

/** A process's way to the engine that began it. */
export interface EnginePipe {
  /** Says something. An engine that is gone hears nothing; `onSent` is called either way. */
  say(message: object, onSent?: () => void): void;
  /** Has the engine heard from now on; called once, and before anything waits. */
  hear(onMessage: (message: unknown) => void): void;
  /** The last thing, when all that was said is on its way: nothing keeps the process any more. */
  leave(): void;
}

/**
 * What the module of a process that the engine begins does first. Such a process is of no use without an engine: when the pipe
 * to it closes, for whatever reason, it is gone at once. While its event loop waits or stands still only the kernel can end it, which
 * the sandbox asks for (`parentDeath`). `WrongState` where there is no such pipe.
 *
 * @param who for people: "worker", "render process"
 */
export function beginProcess(who: string): EnginePipe {
  if (!isBegunByEngine())
    throw new PlayoutError("WrongState", `A ${who} is started by an engine, not by hand.`);
  // Ctrl-C on a terminal goes to the whole group; only the engine decides when it ends.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  const pipe = new Socket({ fd: messageDescriptor, readable: true, writable: true });
  let isLeaving = false;
  const end = () => {
    if (!isLeaving) process.kill(process.pid, "SIGKILL");
  };
  pipe.on("error", () => {});
  pipe.on("end", end);
  pipe.on("close", end);
  return {
    say: (message, onSent = () => {}) => {
      pipe.write(messageFrameOf(message), () => onSent());
    },
    hear: (onMessage) => {
      // The engine is believed.
      const reader = new MessageReader(Number.POSITIVE_INFINITY, onMessage);
      pipe.on("data", (piece) => reader.push(piece));
    },
    leave: () => {
      isLeaving = true;
      pipe.destroySoon();
    },
  };
}

function isBegunByEngine(): boolean {
  try {
    return fstatSync(messageDescriptor).isSocket();
  } catch {
    return false;
  }
}

/** Waits for the process's work to end, however it does. */
export async function endProcess(ended: Promise<void>): Promise<void> {
  try {
    await ended;
  } catch {
    // The engine was told why.
    process.exitCode = 1;
  }
}
