import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ControlAccess, type Credentials, PlayoutError } from "@retrovue/core";
import type { PlayoutConfig } from "../config/playout-config.js";

interface Token {
  readonly name: string;
  /** Of the token, so that comparing takes the same time whatever its length. */
  readonly hash: Buffer;
}

/**
 * Who may control the engine, by its configuration: whoever reaches a local listener; elsewhere the bearer of a token, or of
 * a certificate of the configured authorities. `InvalidConfig` for a token file that cannot be read.
 */
export function controlAccess({
  security,
  limits,
  http,
}: Pick<PlayoutConfig, "security" | "limits" | "http">): ControlAccess {
  const tokens = security.tokens.map(({ name, token, tokenFile }) => ({
    name,
    hash: hashOf(token ?? readToken(tokenFile ?? "", name)),
  }));
  const asksForCertificates = security.tls?.clientCaFile !== undefined;
  const isGuarded = tokens.length > 0 || asksForCertificates;
  return {
    admit: (credentials) => admit(credentials, tokens, isGuarded || !security.insecure),
    opensBeyondLoopback: isGuarded || security.insecure,
    tls: security.tls && { ...security.tls, clientCaFile: security.tls.clientCaFile },
    messageBytesMax: limits.messageBytes,
    corsOrigins: http.control.corsOrigins,
  };
}

function admit(credentials: Credentials, tokens: readonly Token[], isAsked: boolean): string {
  const { isLocal, bearerToken, certificateName, address } = credentials;
  const bearer = bearerToken === undefined ? undefined : bearerOf(bearerToken, tokens);
  if (bearer !== undefined) return `${bearer} (${address})`;
  if (certificateName !== undefined) return `${certificateName} (${address})`;
  if (isLocal || !isAsked) return address;
  throw new PlayoutError("Unauthenticated", "The caller did not say who it is.", {
    remedy: "Send a token of security.tokens as authorization: Bearer TOKEN, or a client certificate.",
  });
}

/** Compares with every token, so that the time taken tells nothing. */
function bearerOf(given: string, tokens: readonly Token[]): string | undefined {
  const hash = hashOf(given);
  let found: string | undefined;
  for (const token of tokens) if (timingSafeEqual(token.hash, hash)) found = token.name;
  return found;
}

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function readToken(file: string, name: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").split("\n", 1)[0]?.trim() ?? "";
  } catch (cause) {
    throw new PlayoutError("InvalidConfig", `The token file of ${name}, ${file}, cannot be read.`, {
      cause,
      remedy: "Put the token there, or correct security.tokens.",
      details: { file },
    });
  }
  // The bounds of a token that stands in the configuration itself.
  if (/^[A-Za-z0-9._~+/=-]{16,1024}$/.test(text)) return text;
  throw new PlayoutError("InvalidConfig", `The first line of ${file} is no token of 16 to 1024 characters.`, {
    remedy: "Write one there.",
    details: { file },
  });
}
