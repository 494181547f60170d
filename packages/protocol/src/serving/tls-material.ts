import { readFileSync } from "node:fs";
import { PlayoutError, type TlsFiles } from "@retrovue/core";

/** What a TLS server of Node's is made with. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  /** True where callers may show a certificate. */
  readonly requestCert: boolean;
  /** False: a caller without a certificate may still have a token. */
  readonly rejectUnauthorized: false;
  readonly minVersion: "TLSv1.2";
}

/** Reads certificate, key and authorities. `InvalidConfig` naming the file that cannot be read. */
export function readTls({ certFile, keyFile, clientCaFile }: TlsFiles): TlsMaterial {
  return {
    cert: read(certFile),
    key: read(keyFile),
    ...(clientCaFile !== undefined && { ca: read(clientCaFile) }),
    requestCert: clientCaFile !== undefined,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
  };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new PlayoutError("InvalidConfig", `${file} cannot be read (${code ?? "unknown cause"}).`, {
      cause,
      remedy: "Correct security.tls.",
      details: { file },
    });
  }
}
