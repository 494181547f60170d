import type { ConfigPath } from "../fault.js";
import { planHandleKind } from "./plans.js";
import type { Rule, RuleFault } from "./rule.js";

/**
 * Files that the configuration names. Without its keys, tokens and plugins the engine cannot start. A missing plan, slate
 * or media folder is a warning: it may be mounted later, and one missing file must not keep every other channel off air.
 */
export const filesExist: Rule = ({ document, resolve, exists }) => {
  const faults: RuleFault[] = [];
  const check = (
    path: ConfigPath,
    what: string,
    name: string | undefined,
    severity: "error" | "warning",
  ): void => {
    if (name === undefined || exists(resolve(name))) return;
    faults.push({
      path,
      expected: `${what} that exists`,
      found: `nothing at ${resolve(name)}`,
      remedy: "Correct the path (relative ones begin at the folder of this file), or put it there.",
      severity,
      involves: [],
      isAbsence: true,
    });
  };
  const checkPlugin = (path: ConfigPath, name: string): void => {
    if (name.startsWith(".") || name.startsWith("/")) check(path, "a plugin", name, "error");
  };

  for (const [index, root] of document.media.roots.entries()) {
    check(["media", "roots", index], "a folder", root, "warning");
  }
  for (const [name, handle] of Object.entries(document.plans)) {
    if (planHandleKind(handle) !== "uri") check(["plans", name], "a plan or media file", handle, "warning");
  }
  const { tls, tokens } = document.security;
  check(["security", "tls", "certFile"], "a file", tls?.certFile, "error");
  check(["security", "tls", "keyFile"], "a file", tls?.keyFile, "error");
  check(["security", "tls", "clientCaFile"], "a file", tls?.clientCaFile, "error");
  for (const [index, token] of tokens.entries()) {
    check(["security", "tokens", index, "tokenFile"], "a file", token.tokenFile, "error");
  }
  for (const [index, decoder] of document.decoders.entries())
    checkPlugin(["decoders", index, "use"], decoder.use);
  for (const [index, transport] of document.transports.entries()) {
    checkPlugin(["transports", index, "use"], transport.use);
  }
  for (const port of ["clock", "frameBus", "conformer", "renderer"] as const) {
    checkPlugin([port, "use"], document[port].use);
  }
  const { slate } = document.defaults;
  check(["defaults", "slate", "image"], "a picture", slate.image, "warning");
  check(["defaults", "slate", "clip"], "a clip", slate.clip, "warning");
  for (const [index, channel] of document.channels.entries()) {
    if (channel.plan !== undefined && planHandleKind(channel.plan) === "path") {
      check(["channels", index, "plan"], "a plan or media file", channel.plan, "warning");
    }
    check(["channels", index, "slate", "image"], "a picture", channel.slate?.image, "warning");
    check(["channels", index, "slate", "clip"], "a clip", channel.slate?.clip, "warning");
  }
  return faults;
};
