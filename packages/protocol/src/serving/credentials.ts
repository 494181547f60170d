/** Headers are short; a token of the configuration has at most 1 024 characters. */
const headerCharactersMax = 2_048;

/** The token of an `authorization: Bearer …` header; undefined where there is none. */
export function bearerTokenIn(header: string | undefined): string | undefined {
  if (header === undefined || header.length > headerCharactersMax) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1];
}

/** A certificate as Node's TLS gives it, as far as it matters here. */
interface PeerCertificate {
  readonly subject?: { readonly CN?: string | string[] | undefined } | undefined;
  readonly subjectaltname?: string | undefined;
}

/** A TLS socket of Node's, as far as it matters here. */
interface TlsSocketLike {
  readonly authorized: boolean;
  getPeerCertificate(): PeerCertificate;
}

/** The name in a client's certificate, where the socket is a TLS one and has verified it. */
export function certificateNameOf(socket: object | undefined): string | undefined {
  if (socket === undefined || !("getPeerCertificate" in socket)) return undefined;
  const { authorized } = socket as TlsSocketLike;
  if (!authorized) return undefined;
  const { subject, subjectaltname } = (socket as TlsSocketLike).getPeerCertificate();
  const name = Array.isArray(subject?.CN) ? subject.CN[0] : subject?.CN;
  return name ?? subjectaltname ?? "a certificate without a name";
}

/** True for hosts that only this machine reaches. */
export const isLoopbackHost = (host: string): boolean =>
  host === "::1" || host === "localhost" || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(host);
