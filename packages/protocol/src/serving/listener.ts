import { lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { PlayoutError } from "@retrovue/core";
import { isLoopbackHost } from "./credentials.js";

/** Where a control server listens. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly scheme: string; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly scheme: string; readonly path: string };

/**
 * Reads `127.0.0.1:50051`, `[::1]:50051`, `http://127.0.0.1:8090`, `unix:/run/playout.sock` or `unix:///run/playout.sock`.
 * `InvalidConfig` for anything else.
 */
export function parseListen(text: string): ListenAddress {
  const unix = /^(?:([a-z][a-z0-9]*)\+)?unix:(?:\/\/)?(\/.+)$/.exec(text);
  if (unix?.[2] !== undefined) return { kind: "unix", scheme: unix[1] ?? "", path: unix[2] };
  const tcp = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[0-9A-Fa-f:.]+\]|[^:/[\]\s]+):(\d{1,5})\/?$/.exec(text);
  const port = Number(tcp?.[3]);
  if (tcp?.[2] === undefined || !(port <= 65_535)) {
    throw new PlayoutError("InvalidConfig", `"${text}" is no address to listen on.`, {
      remedy: "Write it as 127.0.0.1:50051 or unix:/run/retrovue/playout.sock.",
      details: { address: text },
    });
  }
  return { kind: "tcp", scheme: tcp[1] ?? "", host: tcp[2].replace(/^\[|\]$/g, ""), port };
}

/** How to listen. */
export interface ListenOptions {
  /** Permissions of a Unix socket. */
  readonly unixMode: number;
  /** Connections at one time; more are closed at once. */
  readonly connectionsMax: number;
  /** Whether an address may be taken that other hosts reach: as `ControlAccess.opensBeyondLoopback`. */
  readonly opensBeyondLoopback: boolean;
  readonly signal: AbortSignal;
}

/** A server that listens. */
export interface Listener {
  /** As `127.0.0.1:50051` or `unix:/run/retrovue/playout.sock`. */
  readonly address: string;
  /** True where only this host can reach it. */
  readonly isLocal: boolean;
  /** Takes no more connections; those that are open stay. Removes a Unix socket. Idempotent. */
  close(): void;
}

/** Longest path of a Unix socket: `sun_path` holds 108 bytes with its NUL (unix(7)). */
const unixPathBytesMax = 107;

/**
 * Begins to listen. Port 0 becomes the one that was free. A Unix socket on which nothing answers is what a killed engine
 * left behind, and is replaced; anything else in its place is left alone.
 *
 * `PortInUse`, `PermissionDenied`, `InvalidConfig` for an address that may not be opened, `Unavailable` for one that this host
 * has not, or has not yet; `Cancelled`.
 */
export async function listenOn(server: Server, at: ListenAddress, options: ListenOptions): Promise<Listener> {
  const { signal } = options;
  if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
  server.maxConnections = options.connectionsMax;
  if (at.kind === "unix") return await listenOnPath(server, at.path, options);
  const address = formatTcp(at.host, at.port);
  await begin(server, address, () => server.listen({ host: at.host, port: at.port, exclusive: true }));
  const bound = server.address();
  const { host, port } =
    bound === null || typeof bound === "string" ? at : { host: bound.address, port: bound.port };
  const isLocal = isLoopbackHost(host);
  // Looked at now that names are addresses.
  if (!isLocal && !options.opensBeyondLoopback) {
    closeQuietly(server);
    throw unguarded(formatTcp(host, port));
  }
  return { address: formatTcp(host, port), isLocal, close: () => closeQuietly(server) };
}

const unguarded = (address: string): PlayoutError =>
  new PlayoutError(
    "InvalidConfig",
    `${address} can be reached from other hosts, and nothing asks callers who they are.`,
    {
      remedy:
        "Add security.tokens or security.tls.clientCaFile, listen on 127.0.0.1, or say security: { insecure: true }.",
      details: { address },
    },
  );

async function listenOnPath(server: Server, path: string, options: ListenOptions): Promise<Listener> {
  const address = `unix:${path}`;
  if (Buffer.byteLength(path) > unixPathBytesMax) {
    throw new PlayoutError("InvalidConfig", `${address} is longer than a Unix socket's path may be.`, {
      remedy: `Take a path of at most ${unixPathBytesMax} bytes.`,
      details: { address },
    });
  }
  await removeStale(path, address);
  await begin(server, address, () => {
    // The socket is made within this call, so that there is no instant in which others could reach it.
    const before = process.umask(0o777 & ~options.unixMode);
    try {
      server.listen({ path });
    } finally {
      process.umask(before);
    }
  });
  return { address, isLocal: true, close: () => closeQuietly(server) };
}

function begin(server: Server, address: string, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => reject(listenError(address, error));
    server.once("error", onError);
    server.once("listening", () => {
      server.off("error", onError);
      // A single connection that could not be accepted (too many open files) must not end the engine.
      server.on("error", () => {});
      resolve();
    });
    listen();
  });
}

async function removeStale(path: string, address: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = lstatSync(path).isSocket();
  } catch {
    return;
  }
  if (!isSocket) {
    throw new PlayoutError("InvalidConfig", `${path} exists and is no socket.`, {
      remedy: "Take another path.",
      details: { address },
    });
  }
  if (await answers(path)) throw inUse(address);
  try {
    unlinkSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT")
      throw listenError(address, thrown as NodeJS.ErrnoException);
  }
}

/** True unless the kernel says that nobody listens there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      socket.destroy();
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}

function closeQuietly(server: Server): void {
  if (server.listening) server.close(() => {});
}

const formatTcp = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

const inUse = (address: string, cause?: unknown): PlayoutError =>
  new PlayoutError("PortInUse", `Another program listens on ${address}.`, {
    cause,
    remedy: "End it, or choose another address.",
    details: { address },
  });

function listenError(address: string, cause: NodeJS.ErrnoException): PlayoutError {
  if (cause.code === "EADDRINUSE") return inUse(address, cause);
  if (cause.code === "EACCES" || cause.code === "EPERM") {
    return new PlayoutError("PermissionDenied", `Listening on ${address} is not allowed.`, {
      cause,
      remedy: "Choose a port above 1023, or a folder that the engine may write to.",
      details: { address },
    });
  }
  // How the address is written was checked before: a network that is late, a floating address and a name service pass by themselves.
  return new PlayoutError(
    "Unavailable",
    `${address} cannot be listened on (${cause.code ?? cause.message}).`,
    {
      cause,
      remedy: "Choose an address that this host has, or a folder that exists.",
      details: { address },
    },
  );
}
