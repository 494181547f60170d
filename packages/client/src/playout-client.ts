import type { Client } from "@connectrpc/connect";
import type { MasterClock, PlayoutControl, PlayoutPlans, PlayoutStatus } from "@retrovue/protocol/browser";

/** An engine's control API. Calls reject with a `ConnectError`; see `failureOf`. */
export interface PlayoutClient {
  readonly control: Client<typeof PlayoutControl>;
  readonly plans: Client<typeof PlayoutPlans>;
  readonly status: Client<typeof PlayoutStatus>;
  readonly clock: Client<typeof MasterClock>;
  /** Closes idle connections. Calls made afterwards open new ones. */
  close(): void;
}
