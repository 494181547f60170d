import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

/** Makes a key and a certificate, signed by another's key or its own. */
export function certify(at: (name: string) => string, name: string, by = name): void {
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", at(`${name}.key`));
  openssl("req", "-new", "-key", at(`${name}.key`), "-subj", `/CN=${name}`, "-out", at(`${name}.csr`));
  writeFileSync(
    at(`${name}.ext`),
    name === "ca" ? "basicConstraints=CA:TRUE" : "subjectAltName=DNS:localhost",
  );
  const signer =
    by === name
      ? ["-signkey", at(`${name}.key`)]
      : ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`), "-CAcreateserial"];
  openssl(
    "x509",
    "-req",
    "-in",
    at(`${name}.csr`),
    ...signer,
    "-days",
    "2",
    "-extfile",
    at(`${name}.ext`),
    "-out",
    at(`${name}.pem`),
  );
}
