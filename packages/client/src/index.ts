export { Backoff, type BackoffOptions } from "./backoff.js";
export { type ConnectionOptions, connect, transportTo } from "./connection.js";
export { type EngineFailure, failureOf, isTransient, neverBegan } from "./engine-failure.js";
export { type FollowedEvent, type FollowOptions, followEvents } from "./follow-events.js";
export { type LeadOptions, leadClock } from "./lead-clock.js";
export type { PlayoutClient } from "./playout-client.js";
export { type RetryOptions, retrying } from "./retrying.js";
