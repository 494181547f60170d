import { create } from "@bufbuild/protobuf";
import { WakeList } from "@retrovue/core";
import {
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from "../gen/grpc/health/v1/health_pb.js";

/** Calls of Watch that one server follows at once; each costs a pending promise. */
const watchersMax = 256;

/**
 * The public health service as a control server answers it: every service it serves, and the server as a whole (the empty
 * name), take calls from start until draining begins.
 */
export class ServingHealth {
  readonly #known: ReadonlySet<string>;
  readonly #drained = new WakeList();
  #isDraining = false;
  #watchers = 0;

  /** @param services full names of what is served */
  constructor(services: Iterable<string>) {
    this.#known = new Set(["", ...services]);
  }

  /** From now on nothing takes calls; whoever watches is told. */
  drain(): void {
    this.#isDraining = true;
    this.#drained.wake();
  }

  /** The state of a service; undefined for one that is not known here, which is NOT_FOUND. */
  check(service: string): HealthCheckResponse | undefined {
    if (!this.#known.has(service)) return undefined;
    return answer(this.#isDraining ? Serving.NOT_SERVING : Serving.SERVING);
  }

  /** The state now, then its change. Ends when draining was told, or with the signal. Undefined where too many watch. */
  watch(service: string, signal: AbortSignal): AsyncIterable<HealthCheckResponse> | undefined {
    if (this.#watchers >= watchersMax) return undefined;
    return this.#states(service, signal);
  }

  async *#states(service: string, signal: AbortSignal): AsyncIterable<HealthCheckResponse> {
    this.#watchers += 1;
    try {
      const now = this.check(service) ?? answer(Serving.SERVICE_UNKNOWN);
      yield now;
      if (!this.#isDraining) await this.#drained.next(signal);
      if (!signal.aborted && now.status === Serving.SERVING) yield answer(Serving.NOT_SERVING);
    } finally {
      this.#watchers -= 1;
    }
  }
}

const answer = (status: Serving): HealthCheckResponse => create(HealthCheckResponseSchema, { status });
