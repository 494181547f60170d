import { describe, expect, test } from "vitest";
import { MessageReader, messageFrameOf } from "./message-frames.js";

/** What a reader makes of these bytes, given to it in pieces of so many. */
function readFrom(bytes: Buffer, pieceBytes: number, bytesMax = 1_000_000): readonly unknown[] {
  const heard: unknown[] = [];
  const reader = new MessageReader(bytesMax, (message) => heard.push(message));
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return heard;
}

describe("processes/message-frames", () => {
  const messages = [
    { kind: "a", tick: 5n, none: undefined, list: [1.5, "x"] },
    { kind: "b", bytes: new Uint8Array([1, 2, 3]) },
    { kind: "c", text: "ä".repeat(5_000) },
  ];

  test.each([1, 3, 4, 5, 4_096, 1_000_000])(
    "processes/messages-cross-whole-in-pieces-of-%i-bytes",
    (piece) => {
      expect(readFrom(Buffer.concat(messages.map(messageFrameOf)), piece)).toEqual(messages);
    },
  );

  test("processes/a-message-keeps-what-it-holds-when-others-follow", () => {
    const [first] = readFrom(
      Buffer.concat(
        [{ bytes: new Uint8Array(64).fill(7) }, { bytes: new Uint8Array(64).fill(9) }].map(messageFrameOf),
      ),
      50,
    ) as { bytes: Uint8Array }[];
    expect(first?.bytes).toEqual(new Uint8Array(64).fill(7));
  });

  test("processes/a-message-is-refused-by-its-announced-size-before-its-bytes-come", () => {
    const frame = messageFrameOf({ text: "x".repeat(100) });
    const size = frame.length - 4;
    expect(readFrom(frame, 4_096, size)).toHaveLength(1);
    expect(() => readFrom(frame.subarray(0, 4), 4_096, size - 1)).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
    expect(() => readFrom(Buffer.from([255, 255, 255, 255]), 4)).toThrow(/4294967295 bytes/);
    expect(() => readFrom(Buffer.alloc(4), 4)).toThrow(/0 bytes/);
  });

  test.each([
    ["of another version", [4, 0, 0, 0, 1, 2, 3, 4]],
    ["cut off", [3, 0, 0, 0, 0xff, 0x0f, 0x22]],
    ["of no kind", [3, 0, 0, 0, 0xff, 0x0f, 0xfe]],
    ["of a host's object that there is none of", [4, 0, 0, 0, 0xff, 0x0f, 0x5c, 0x7f]],
  ])("processes/what-is-no-message-is-refused: %s", (_, bytes) => {
    expect(() => readFrom(Buffer.from(bytes), 100)).toThrow(
      expect.objectContaining({ code: "InvalidArgument", what: "What was sent is no message." }),
    );
  });
});
