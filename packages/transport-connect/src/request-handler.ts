import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { type ConnectRouter, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { type ControlAccess, PlayoutError } from "@retrovue/core";
import { connectErrorBody } from "@retrovue/protocol";
import { certificateNameOf, isLoopbackHost } from "@retrovue/protocol/serving";
import { gateOf, withCredentials } from "./call-context.js";
import { checkedRequest } from "./checked-request.js";
import { corsHeaders, isForeignPage, preflightHeaders } from "./origins.js";
import { sendResponse } from "./send-response.js";

/** Node's request, of HTTP/1.1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
/** Node's response, of HTTP/1.1 or HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** What requests are answered with. */
export interface RequestHandlerDeps {
  readonly access: ControlAccess;
  /** Adds what is served. */
  readonly routes: (router: ConnectRouter) => void;
}

/** Answers HTTP requests for calls: Connect, gRPC-Web and, over HTTP/2, gRPC. */
export class RequestHandler {
  readonly #access: ControlAccess;
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;

  constructor({ access, routes }: RequestHandlerDeps) {
    this.#access = access;
    const router = createConnectRouter({
      acceptCompression: [],
      readMaxBytes: access.messageBytesMax,
      requestGate: gateOf(access),
    });
    routes(router);
    this.#handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  }

  /** Never rejects. @param isLocal true where only this host reaches the listener; not said: told by the connection */
  async answer(
    request: NodeRequest,
    response: NodeResponse,
    isLocal = isLocalConnection(request),
  ): Promise<void> {
    try {
      await this.#answer(request, response, isLocal);
    } catch (thrown) {
      // The caller has gone, or its request is no HTTP that could be answered by a protocol.
      if (response.headersSent) response.destroy();
      else refuse(response, 400, PlayoutError.from(thrown, "InvalidArgument"));
    }
  }

  async #answer(request: NodeRequest, response: NodeResponse, isLocal: boolean): Promise<void> {
    const { corsOrigins } = this.#access;
    const origin = request.headers.origin;
    const host = "authority" in request ? request.authority : request.headers.host;
    if (isForeignPage({ origin, host, isLocal }, corsOrigins)) {
      refuse(response, 403, foreignPage(origin ?? host ?? ""));
      return;
    }
    for (const [name, value] of Object.entries(corsHeaders(origin, corsOrigins)))
      (response as ServerResponse).setHeader(name, value);
    if (request.method === "OPTIONS" && origin !== undefined) {
      (response as ServerResponse).writeHead(204, preflightHeaders()).end();
      return;
    }
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const handler = this.#handlers.get(path);
    if (handler === undefined) {
      refuse(
        response,
        404,
        new PlayoutError("Unimplemented", `${path.slice(0, 200)} is no method of this API.`),
      );
      return;
    }
    const values = withCredentials(createContextValues(), {
      isLocal,
      certificateName: certificateNameOf(request.socket),
      address: addressOf(request),
    });
    const asked = universalRequestFromNodeRequest(request, response, undefined, values);
    const answered = await handler(checkedRequest(asked, handler.method, this.#access.messageBytesMax));
    const refusal = refusalIn(answered);
    if (refusal !== undefined) refuse(response, answered.status, refusal);
    else await sendResponse(answered, response);
  }
}

/** What Connect refuses without a word gets one, since clients take an answer without a code for `unknown`. */
function refusalIn({ status, body }: UniversalServerResponse): PlayoutError | undefined {
  if (status < 400 || body !== undefined) return undefined;
  if (status === 415)
    return new PlayoutError("InvalidArgument", "The content type is none of Connect's or gRPC's.", {
      remedy: "Send application/json or application/proto.",
      details: { field: "content-type" },
    });
  if (status === 405)
    return new PlayoutError("InvalidArgument", "The call is not made by this HTTP method.", {
      remedy: "Use POST.",
    });
  return new PlayoutError("Unimplemented", `The call cannot be served by this version of HTTP (${status}).`);
}

function refuse(response: NodeResponse, status: number, error: PlayoutError): void {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  // Both kinds of response have these, but their overloads do not unite.
  (response as ServerResponse).writeHead(status, headers).end(connectErrorBody(error));
}

const foreignPage = (who: string): PlayoutError =>
  new PlayoutError("PermissionDenied", `Pages of ${who.slice(0, 200)} may not call.`, {
    remedy: "Add the origin to http.control.corsOrigins.",
  });

const isLocalConnection = ({ socket }: NodeRequest): boolean =>
  socket.localAddress === undefined || isLoopbackHost(socket.localAddress);

const addressOf = ({ socket }: NodeRequest): string =>
  socket.remoteAddress === undefined ? "unix" : `${socket.remoteAddress}:${socket.remotePort}`;
