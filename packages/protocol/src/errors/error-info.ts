import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { type ErrorDetails, PlayoutError } from "@retrovue/core";
import { type ErrorInfo, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { type Status as RpcStatus, StatusSchema } from "../gen/google/rpc/status_pb.js";
import { errorDomain } from "./error-domain.js";

/**
 * Bounds of what an error takes on the wire, in bytes of UTF-8. gRPC sends message and details in trailers, for which
 * many peers allow 8 KiB: the message goes twice (percent-encoded at three characters a byte at worst, and inside the
 * details), the details once in base64, which adds a third. 3 · 1024 + 4/3 · (1024 + 2048) is 7 KiB.
 */
const messageBytesMax = 1_024;
const metadataBytesMax = 2_048;

/** Names the details that were shortened or left out for their size. */
const shortenedKey = "shortened";

/**
 * The key of an error's remedy in the metadata, so that a client may show it apart from the message, at whose end it
 * stands too.
 */
export const remedyKey = "remedy";

/** An error as `google.rpc.ErrorInfo`: reason is its code, metadata its remedy and its details as text. */
export const errorInfoOf = ({ code, remedy, details }: PlayoutError): ErrorInfo =>
  create(ErrorInfoSchema, {
    reason: code,
    domain: errorDomain,
    metadata: metadataOf({ ...(remedy !== undefined && { [remedyKey]: remedy }), ...details }),
  });

/**
 * Anything thrown as `google.rpc.Status`, with its one `ErrorInfo`. The number comes from the core's table. Never holds
 * a stack trace: message and details are all that leaves the engine.
 */
export function statusOf(thrown: unknown): RpcStatus {
  const error = PlayoutError.from(thrown);
  return create(StatusSchema, {
    code: error.entry.status,
    message: messageOf(error),
    details: [anyPack(ErrorInfoSchema, errorInfoOf(error))],
  });
}

/** The bytes of `statusOf`, for the trailer `grpc-status-details-bin`. */
export const statusBytesOf = (thrown: unknown): Uint8Array => toBinary(StatusSchema, statusOf(thrown));

/** An error's message, short enough for a trailer. */
export const messageOf = (error: PlayoutError): string => cut(error.message, messageBytesMax);

/**
 * Details as text: lists as JSON, the rest as it prints. What does not fit is left out, of a list its last entries, and
 * `shortened` names it.
 */
export function metadataOf(details: ErrorDetails): Record<string, string> {
  const metadata: Record<string, string> = {};
  const shortened: string[] = [];
  let bytesLeft = metadataBytesMax;
  for (const [key, value] of Object.entries(details)) {
    const room = bytesLeft - bytesOf(key);
    const text = typeof value === "object" ? listText(value, room) : String(value);
    const fits = bytesOf(text) <= room;
    if (fits) {
      metadata[key] = text;
      bytesLeft = room - bytesOf(text);
    }
    if (!fits || (typeof value === "object" && text !== JSON.stringify(value))) shortened.push(key);
  }
  if (shortened.length > 0) metadata[shortenedKey] = cut(shortened.join(","), shortenedBytesMax);
  return metadata;
}

/** Enough to name the details that an error of ours has; a bound all the same. */
const shortenedBytesMax = 128;

/** As many of the first entries as fit, as JSON. */
function listText(list: readonly string[], bytesMax: number): string {
  const texts: string[] = [];
  let bytes = "[]".length;
  for (const entry of list) {
    const text = JSON.stringify(entry);
    bytes += bytesOf(text) + ",".length;
    if (bytes > bytesMax) break;
    texts.push(text);
  }
  return `[${texts.join(",")}]`;
}

const utf8 = new TextEncoder();

const bytesOf = (text: string): number => utf8.encode(text).length;

/** The text, or as much of its beginning as fits with an ellipsis; never half a character. */
function cut(text: string, bytesMax: number): string {
  const bytes = utf8.encode(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax - bytesOf("…");
  // A continuation byte (10xxxxxx) at the cut belongs to a character that began before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
