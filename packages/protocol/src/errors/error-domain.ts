/** The domain of our error codes in `google.rpc.ErrorInfo`; within it, `reason` is one of `docs/errors.md`. */
export const errorDomain = "playout.retrovue";
