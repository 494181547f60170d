import type { ConfigPath } from "../fault.js";
import type { ConfigDocument } from "../schema/config-schema.js";
import type { Rule, RuleFault } from "./rule.js";

/** An address that the engine or one of its transports will listen on. */
export interface Listener {
  readonly path: ConfigPath;
  /** For people: "http.control", "@retrovue/transport-grpc". */
  readonly owner: string;
  readonly address: string;
  /** `http`: mounted on the engine's server, so that several owners share one identical address. */
  readonly kind: "http" | "tcp" | "unix";
  /** Empty for `unix`. */
  readonly host: string;
  /** 0 for any free one, and for `unix`. */
  readonly port: number;
  /** True where callers may control the engine. */
  readonly control: boolean;
}

/** Everything the configuration listens on. What a plugin listens on is known where its options say `listen`. */
export function listenersOf(document: ConfigDocument): Listener[] {
  const { http, telemetry } = document;
  const viewHost = splitTcp(http.view.listen ?? http.control.listen).host;
  return [
    tcp(["http", "control", "listen"], "http.control", http.control.listen, "http", true),
    ...(http.view.listen === undefined
      ? []
      : [tcp(["http", "view", "listen"], "http.view", http.view.listen, "http", false)]),
    ...(telemetry.metrics.enabled
      ? [tcp(["telemetry", "metrics", "listen"], "telemetry.metrics", telemetry.metrics.listen, "tcp", false)]
      : []),
    ...document.transports.flatMap((transport, index) => {
      const listen = transport.options["listen"];
      const path = ["transports", index, "options", "listen"];
      if (typeof listen === "string") return listenerOf(path, transport.use, listen);
      if (!Array.isArray(listen)) return [];
      return listen.flatMap((address: unknown, place) =>
        typeof address === "string" ? listenerOf([...path, place], transport.use, address) : [],
      );
    }),
    ...document.channels.flatMap((channel, index) =>
      channel.port === undefined
        ? []
        : [
            tcp(
              ["channels", index, "port"],
              `channel ${channel.id}`,
              `${viewHost}:${channel.port}`,
              "tcp",
              false,
            ),
          ],
    ),
  ];
}

/** No two owners may want the same port, but on one HTTP server. */
export const listenersApart: Rule = ({ document, where }) => {
  const listeners = listenersOf(document);
  return listeners.flatMap((listener, index): RuleFault[] => {
    const other = listeners.slice(0, index).find((earlier) => clash(earlier, listener));
    if (other === undefined) return [];
    const same = other.address === listener.address;
    return [
      {
        path: listener.path,
        expected: "an address that nothing else of this engine listens on",
        found: `${listener.address}, which ${same ? "is that of" : `overlaps ${other.address} of`} ${where(other.path)}`,
        remedy:
          other.kind === "http" && listener.kind === "http"
            ? "Write both addresses alike to share one server, or take another port."
            : listener.kind === "unix"
              ? "Take another path."
              : `Take another port, such as ${freePort(listeners, listener.port)}.`,
        severity: "error",
        involves: [other.path, ["http", "control"], ["http", "view"]],
      },
    ];
  });
};

/** Who can reach a control listener controls what airs. */
export const controlIsGuarded: Rule = ({ document }) => {
  const { security } = document;
  const guarded = security.tokens.length > 0 || security.tls?.clientCaFile !== undefined || security.insecure;
  if (guarded) return [];
  return listenersOf(document)
    .filter((listener) => listener.control && listener.kind !== "unix" && !isLoopback(listener.host))
    .map((listener) => ({
      path: listener.path,
      expected: "a loopback address, or a guard for what lies beyond",
      found: `${listener.address} with no security.tokens and no security.tls.clientCaFile`,
      remedy:
        "Add a token under security.tokens, listen on 127.0.0.1, or say `security: { insecure: true }`.",
      severity: "error",
      involves: [["security"]],
    }));
};

function listenerOf(path: ConfigPath, owner: string, address: string): Listener[] {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1];
  if (unix !== undefined) return [{ path, owner, address, kind: "unix", host: "", port: 0, control: true }];
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?((?:\[[^\]]+\]|[^:/[\]]+):\d{1,5})\/?$/i.exec(address);
  // Another form is the plugin's own business.
  if (match?.[2] === undefined) return [];
  const kind = match[1] === "http" || match[1] === "https" ? "http" : "tcp";
  return [tcp(path, owner, match[2], kind, true)];
}

function tcp(
  path: ConfigPath,
  owner: string,
  address: string,
  kind: "http" | "tcp",
  control: boolean,
): Listener {
  return { path, owner, address, kind, control, ...splitTcp(address) };
}

/** `[::1]:80` → host `::1`, port 80. "localhost" is taken for the address that it names everywhere. */
export function splitTcp(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(":");
  const host = address
    .slice(0, colon)
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  return { host: host === "localhost" ? "127.0.0.1" : host, port: Number(address.slice(colon + 1)) };
}

function clash(a: Listener, b: Listener): boolean {
  if (a.kind === "unix" || b.kind === "unix") return a.kind === b.kind && a.address === b.address;
  if (a.port === 0 || a.port !== b.port || !hostsOverlap(a.host, b.host)) return false;
  return !(a.kind === "http" && b.kind === "http" && a.host === b.host);
}

/** Linux lets a socket on `::` take the port of every IPv4 address as well (ipv6(7), IPV6_V6ONLY). */
function hostsOverlap(a: string, b: string): boolean {
  if (a === b || a === "::" || b === "::") return true;
  const v4Wildcard = (one: string, other: string): boolean => one === "0.0.0.0" && !other.includes(":");
  return v4Wildcard(a, b) || v4Wildcard(b, a);
}

const isLoopback = (host: string): boolean => host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

function freePort(listeners: readonly Listener[], near: number): number {
  const taken = new Set(listeners.map((listener) => listener.port));
  for (let port = near + 1; port <= 65_535; port++) if (!taken.has(port)) return port;
  return 8_090;
}
