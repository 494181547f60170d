import { type DescMethod, fromBinary, fromJsonString, type Message } from "@bufbuild/protobuf";
import { PlayoutError } from "@retrovue/core";

/**
 * A call's request from its bytes. `InvalidArgument` where they are no message of the method's type: that is the caller's
 * fault, not the engine's.
 */
export function requestFromBytes(
  method: DescMethod,
  bytes: Uint8Array,
  encoding: "binary" | "json" = "binary",
): Message {
  try {
    if (encoding === "binary") return fromBinary(method.input, bytes);
    // Clients skip fields that they do not know, and so do we; malformed text ends in an error, not in a replacement character.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return fromJsonString(method.input, text, { ignoreUnknownFields: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 200) : "malformed";
    throw new PlayoutError("InvalidArgument", `The request is not a ${method.input.typeName}: ${why}.`, {
      cause,
      remedy: "Send what the proto file says.",
      details: { field: "", method: `${method.parent.typeName}/${method.name}` },
    });
  }
}
