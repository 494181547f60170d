/** What a caller brought along, as far as the transport could see. */
export interface Credentials {
  /**
   * True where the caller reached a listener that only this host can reach: a loopback address or a Unix socket. Who gets
   * there is the host's matter.
   */
  readonly isLocal: boolean;
  /** The token of an `authorization: Bearer …` header; undefined where there is none. */
  readonly bearerToken: string | undefined;
  /** The name in a client certificate that the TLS layer has verified; undefined where there is none. */
  readonly certificateName: string | undefined;
  /** Where the call comes from, for the log: `127.0.0.1:4711` or `unix`. */
  readonly address: string;
}

/** Files of a TLS server, PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities whose client certificates are asked for and accepted. */
  readonly clientCaFile: string | undefined;
}

/**
 * **Who may control the engine, and within which bounds**: the same for every transport, decided by the engine. A transport
 * asks it once for each call, before it reads the request.
 */
export interface ControlAccess {
  /** Names the caller, for logs and events. `Unauthenticated` where the credentials open nothing. Constant in time for tokens. */
  admit(credentials: Credentials): string;
  /** True where callers from beyond this host are asked who they are, or the configuration says that nobody needs be. */
  readonly opensBeyondLoopback: boolean;
  /** Encrypts TCP listeners of the transport's own; the engine's HTTP server, which it may mount on, never is. Undefined: clear text. */
  readonly tls: TlsFiles | undefined;
  /** Size of a control message, bytes. */
  readonly messageBytesMax: number;
  /** Origins whose pages may call; none by default. */
  readonly corsOrigins: readonly string[];
}
