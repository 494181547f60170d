import { create } from "@bufbuild/protobuf";
import {
  type Clock,
  DisciplinedClock,
  type HostTime,
  houseAt,
  type Nanoseconds,
  nanoseconds,
  nsPerMs,
  PlayoutError,
} from "@retrovue/core";
import {
  clockStatusToWire,
  durationFromWire,
  durationToWire,
  type ExchangeRequest,
  type ExchangeResponse,
  ExchangeResponseSchema,
  type Handlers,
  invalidField,
  type MasterClock,
  type ResyncRequest,
  type ResyncResponse,
  ResyncResponseSchema,
  textField,
} from "@retrovue/protocol";
import type { Log } from "../log/log.js";

/** What the service works with. */
export interface MasterClockDeps {
  readonly clock: Clock;
  readonly host: Pick<HostTime, "monotonic">;
  readonly runId: string;
  readonly log: Log;
  /** Called after each call; tells by how much house time was stepped. */
  readonly onCorrected: (stepNs: bigint) => void;
}

/** The end of an exchange as the engine saw it; the master's end comes with its next call. */
interface HalfExchange {
  readonly sequence: bigint;
  readonly masterSent: Nanoseconds;
  readonly received: Nanoseconds;
  readonly sent: Nanoseconds;
}

/** Exchanges that come quickly, so that the clock locks within seconds; then at a pace that costs nothing. */
const quickExchanges = 16;
const quickNs = 250n * nsPerMs;
const steadyNs = 1_000n * nsPerMs;

/** Halves kept for masters whose calls overlap. */
const halvesMax = 8;

/** Lets a scheduler lead the engine's clock by unary calls that it makes itself. */
export class MasterClockService implements Handlers<typeof MasterClock> {
  readonly #deps: MasterClockDeps;
  #master: string | undefined;
  #sequence = -1n;
  #exchanges = 0;
  #halves: HalfExchange[] = [];

  constructor(deps: MasterClockDeps) {
    this.#deps = deps;
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeResponse> {
    const { host, runId, onCorrected } = this.#deps;
    // Before anything else: what comes between is taken for time on the way.
    const received = host.monotonic();
    const clock = this.#disciplined();
    this.#follow(request);
    this.#complete(request, clock);
    onCorrected(0n);
    const mapping = clock.mapping();
    const sent = host.monotonic();
    const half = {
      sequence: request.sequence,
      masterSent: nanoseconds(request.masterSendNs),
      received,
      sent,
    };
    this.#halves = [...this.#halves.slice(1 - halvesMax), half];
    return create(ExchangeResponseSchema, {
      runId,
      sequence: request.sequence,
      engineReceiveNs: houseAt(mapping, received),
      engineSendNs: houseAt(mapping, sent),
      nextIn: durationToWire(this.#exchanges < quickExchanges ? quickNs : steadyNs),
      clock: clockStatusToWire(clock.health()),
    });
  }

  async resync(request: ResyncRequest): Promise<ResyncResponse> {
    const { log, onCorrected } = this.#deps;
    const clock = this.#disciplined();
    const master = textField("master_id", request.masterId, { charactersMax: 256 });
    const reason = textField("reason", request.reason, { mayBeEmpty: true, charactersMax: 1_024 });
    if (this.#master !== master) {
      throw new PlayoutError("WrongState", `The clock does not follow ${master}.`, {
        remedy: "Make exchanges first.",
        details: { master },
      });
    }
    this.#refuseLong(request, clock);
    const step = clock.resync();
    log.warn({ stepMs: Number(step / nsPerMs), master, reason }, "house time was stepped forward by order");
    onCorrected(step);
    return create(ResyncResponseSchema, { stepNs: step, clock: clockStatusToWire(clock.health()) });
  }

  #disciplined(): DisciplinedClock {
    const { clock } = this.#deps;
    if (clock instanceof DisciplinedClock) return clock;
    throw new PlayoutError(
      "WrongState",
      `The engine's clock follows ${clock.health().source}, not a master.`,
      {
        remedy: "Say clock: { use: master } in the configuration.",
      },
    );
  }

  /** Takes the caller for the master, anew where it is another one. */
  #follow({ masterId, sequence }: ExchangeRequest): void {
    const master = textField("master_id", masterId, { charactersMax: 256 });
    if (this.#master !== master) {
      this.#master = master;
      this.#sequence = -1n;
      this.#exchanges = 0;
      this.#halves = [];
    }
    if (sequence <= this.#sequence) {
      throw invalidField("sequence", `a number greater than ${this.#sequence}`, sequence);
    }
    this.#sequence = sequence;
  }

  /** Hands the exchange to the clock whose end this call tells. */
  #complete({ previous }: ExchangeRequest, clock: DisciplinedClock): void {
    const half = previous && this.#halves.find(({ sequence }) => sequence === previous.sequence);
    if (previous === undefined || half === undefined) return;
    this.#halves = this.#halves.filter((one) => one.sequence > half.sequence);
    const { masterSent, received, sent } = half;
    clock.exchange({ masterSent, received, sent, masterReceived: nanoseconds(previous.masterReceiveNs) });
    this.#exchanges += 1;
  }

  #refuseLong({ stepMax }: ResyncRequest, clock: DisciplinedClock): void {
    if (stepMax === undefined) return;
    const limit = durationFromWire("step_max", stepMax);
    if (limit < 0n) throw invalidField("step_max", "a length of 0 or more", `${limit} ns`);
    const { offsetNs } = clock.health();
    if (offsetNs <= limit) return;
    throw new PlayoutError("WrongState", `The step would be ${offsetNs} ns, more than step_max.`, {
      remedy: "Agree to a longer step, or let the clock slew.",
      details: { stepNs: String(offsetNs) },
    });
  }
}
