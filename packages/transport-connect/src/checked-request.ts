import type { DescMethod } from "@bufbuild/protobuf";
import type { UniversalServerRequest } from "@connectrpc/connect/protocol";
import { PlayoutError } from "@retrovue/core";
import { requestFromBytes } from "@retrovue/protocol/serving";
import { connectErrorOf } from "./errors.js";

type Encoding = "binary" | "json";

/** How a request holds its one message. */
type Form = { readonly encoding: Encoding; readonly isEnveloped: boolean };

const forms: Readonly<Record<string, Form>> = Object.freeze({
  "application/proto": { encoding: "binary", isEnveloped: false },
  "application/json": { encoding: "json", isEnveloped: false },
  "application/connect+proto": { encoding: "binary", isEnveloped: true },
  "application/connect+json": { encoding: "json", isEnveloped: true },
  "application/grpc": { encoding: "binary", isEnveloped: true },
  "application/grpc+proto": { encoding: "binary", isEnveloped: true },
  "application/grpc+json": { encoding: "json", isEnveloped: true },
  "application/grpc-web": { encoding: "binary", isEnveloped: true },
  "application/grpc-web+proto": { encoding: "binary", isEnveloped: true },
  "application/grpc-web+json": { encoding: "json", isEnveloped: true },
});

/** Flags and length before each message of a stream. */
const envelopeBytes = 5;

/**
 * So much of a request that is too large is read and thrown away, so that its sender, who reads only after writing, hears
 * why it was refused. Beyond that it is cut off.
 */
const discardBytesMax = 16 * 1_024 * 1_024;

/**
 * The request with a body that is looked at first: one that is no message of the method's type ends the call with
 * `InvalidArgument`, and one that is too large with `LimitExceeded`, both with our details. Connect's own
 * answer to bytes that it cannot decode would be an internal error, which blames the engine.
 */
export function checkedRequest(
  request: UniversalServerRequest,
  method: DescMethod,
  bytesMax: number,
): UniversalServerRequest {
  if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") return request;
  if (request.method === "GET") return checkedQuery(request, method);
  const contentType = (request.header.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const form = forms[contentType];
  const { body } = request;
  if (form === undefined || !isBytes(body)) return request;
  // Without it Connect would refuse by the length announced, before our look at the body and without our details.
  const header = new Headers(request.header);
  header.delete("content-length");
  return { ...request, header, body: checkedBody(body, form, method, bytesMax) };
}

async function* checkedBody(
  body: AsyncIterable<Uint8Array>,
  { encoding, isEnveloped }: Form,
  method: DescMethod,
  bytesMax: number,
): AsyncIterable<Uint8Array> {
  const limit = bytesMax + (isEnveloped ? envelopeBytes : 0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length <= limit) chunks.push(chunk);
    else chunks.length = 0;
    if (length > limit + discardBytesMax) break;
  }
  if (length > limit) {
    throw connectErrorOf(
      new PlayoutError("LimitExceeded", `The request is larger than ${bytesMax} bytes.`, {
        remedy: "Send less at once.",
        details: { limit: bytesMax },
      }),
    );
  }
  const bytes = Buffer.concat(chunks, length);
  const message = isEnveloped ? messageIn(bytes) : bytes;
  if (message !== undefined) refuseUndecodable(method, message, encoding);
  yield bytes;
}

/** The message in an envelope; undefined where the envelope itself is for the protocol to judge: compressed, or cut short. */
function messageIn(bytes: Buffer): Buffer | undefined {
  if (bytes.length < envelopeBytes || ((bytes[0] ?? 0) & 1) === 1) return undefined;
  const length = bytes.readUInt32BE(1);
  return bytes.length < envelopeBytes + length
    ? undefined
    : bytes.subarray(envelopeBytes, envelopeBytes + length);
}

/** A message in a query that cannot be decoded is answered as if it had come as a body. */
function checkedQuery(request: UniversalServerRequest, method: DescMethod): UniversalServerRequest {
  const query = new URL(request.url).searchParams;
  const encoding = query.get("encoding");
  const text = query.get("message") ?? "";
  if (query.has("compression") || (encoding !== "proto" && encoding !== "json")) return request;
  const bytes = Buffer.from(text, query.get("base64") === "1" ? "base64url" : "utf8");
  try {
    refuseUndecodable(method, bytes, encoding === "json" ? "json" : "binary");
    return request;
  } catch (refusal) {
    const header = new Headers(request.header);
    header.set("content-type", encoding === "json" ? "application/json" : "application/proto");
    return { ...request, method: "POST", header, body: failing(refusal) };
  }
}

// biome-ignore lint/correctness/useYield: a body that fails before its first byte.
async function* failing(thrown: unknown): AsyncIterable<Uint8Array> {
  throw thrown;
}

function refuseUndecodable(method: DescMethod, bytes: Uint8Array, encoding: Encoding): void {
  try {
    requestFromBytes(method, bytes, encoding);
  } catch (thrown) {
    throw connectErrorOf(thrown);
  }
}

const isBytes = (body: UniversalServerRequest["body"]): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;
