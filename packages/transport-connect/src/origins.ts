import { cors } from "@connectrpc/connect";
import { isLoopbackHost } from "@retrovue/protocol/serving";

/** What decides whether a page may call. */
export interface PageRequest {
  /** The page's origin, as the browser says it; undefined where no browser asks, and for some of the page's own requests. */
  readonly origin: string | undefined;
  /** The name by which the server was reached. */
  readonly host: string | undefined;
  /** True where only this host reaches the listener, so that nobody is asked for a token. */
  readonly isLocal: boolean;
}

/**
 * True where a browser carries the call for a page that may not make it. Where nobody is asked for a token, a name that
 * somebody else's DNS points at this host (rebinding) must not open the control plane to their page.
 */
export function isForeignPage({ origin, host, isLocal }: PageRequest, allowed: readonly string[]): boolean {
  if (origin !== undefined && allowed.includes(origin)) return false;
  const name = nameIn(`http://${host ?? ""}`);
  if (isLocal && name !== undefined && !isAddress(name) && !allowed.some((one) => nameIn(one) === name))
    return true;
  if (origin === undefined) return false;
  if (isLocal && isLoopbackHost(nameIn(origin) ?? "")) return false;
  return hostIn(origin) !== host;
}

/** Headers of an answer to a page of an allowed origin; none for others. */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (origin === undefined || !allowed.includes(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": cors.exposedHeaders.join(", "),
    vary: "origin",
  };
}

/** How long a browser may remember that it may call, seconds; the most that browsers keep is two hours. */
const preflightSeconds = 7_200;

/** Headers of the answer to a browser that asks whether it may call. */
export const preflightHeaders = (): Record<string, string> => ({
  "access-control-allow-methods": cors.allowedMethods.join(", "),
  "access-control-allow-headers": [...cors.allowedHeaders, "authorization", "x-correlation-id"].join(", "),
  "access-control-max-age": String(preflightSeconds),
});

/** This host by a name that nobody else gives, or an address, which no DNS is asked for. */
const isAddress = (name: string): boolean =>
  isLoopbackHost(name) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || name.includes(":");

const nameIn = (url: string): string | undefined => {
  const name = URL.parse(url)?.hostname.replace(/^\[|\]$/g, "");
  return name === "" ? undefined : name;
};

const hostIn = (url: string): string | undefined => URL.parse(url)?.host;
