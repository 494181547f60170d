import type { ControlAccess } from "@retrovue/core";

/** 4 MiB: a plan of 20 000 segments with paths of 100 characters fits. */
const messageBytesMax = 4 * 1_024 * 1_024;

/** Access where nobody said anything else: this host alone, and nobody is asked. */
export const defaultAccess: ControlAccess = Object.freeze({
  admit: ({ address }) => address,
  opensBeyondLoopback: false,
  tls: undefined,
  messageBytesMax,
  corsOrigins: [],
} satisfies ControlAccess);
