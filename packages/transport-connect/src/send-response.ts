import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { NodeResponse } from "./request-handler.js";

/**
 * Writes an answer out. Settles when it is written or the connection is closed, and lets go of the answer's body either way; rejects where
 * the body fails.
 *
 * What is written between the end of a connection and the response's "close" is thrown away by Node without a word: the write waits for a
 * "drain" that never comes, and with it the call and all that it holds would stay for good. So it is told at the close; the next write finds the
 * response destroyed, and a stream that its caller is gone.
 */
export async function sendResponse(answer: UniversalServerResponse, response: NodeResponse): Promise<void> {
  // After whoever aborts the call at the same event, which was asked for earlier.
  const closed = new Promise<void>((resolve) => {
    response.once("close", () => {
      response.emit("drain");
      resolve();
    });
  });
  // Which waits in the end for an "end" that responses do not emit.
  await Promise.race([universalResponseToNodeResponse(answer, response), closed]);
}
