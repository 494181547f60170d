export * from "./errors/codes.js";
export * from "./errors/invariant.js";
export * from "./errors/playout-error.js";
