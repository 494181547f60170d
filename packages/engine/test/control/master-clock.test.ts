import { create } from "@bufbuild/protobuf";
import { DisciplinedClock, type HostTime, nanoseconds } from "@retrovue/core";
import {
  ClockState,
  ExchangeRequestSchema,
  type ExchangeResponse,
  ResyncRequestSchema,
} from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { MasterClockService } from "../../src/control/master-clock.js";
import { openLog } from "../../src/log/log.js";

const second = 1_000_000_000n;
const utc = 1_767_225_600n * second;

/** Time that passes when told, with timers that fire as it does. */
class VirtualHost implements HostTime {
  mono = 5n * second;
  #timers: { at: bigint; wake: () => void }[] = [];

  monotonic() {
    return nanoseconds(this.mono);
  }

  utc() {
    return nanoseconds(utc + this.mono);
  }

  readonly timer = {
    after: (delay: bigint, wake: () => void): Disposable => {
      const timer = { at: this.mono + delay, wake };
      this.#timers.push(timer);
      return { [Symbol.dispose]: () => (this.#timers = this.#timers.filter((one) => one !== timer)) };
    },
  };

  pass(ns: bigint): void {
    const until = this.mono + ns;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => (a.at < b.at ? -1 : 1));
      if (next === undefined) break;
      this.mono = next.at > this.mono ? next.at : this.mono;
      this.#timers = this.#timers.filter((one) => one !== next);
      next.wake();
    }
    this.mono = until;
  }
}

/** A master whose clock runs fast, over a network with jitter. */
function master(ppm: bigint, aheadNs = 0n) {
  const host = new VirtualHost();
  const clock = new DisciplinedClock(host);
  const log = openLog({ level: "silent", format: "json", now: () => 0n, write: () => {} });
  const steps: bigint[] = [];
  const service = new MasterClockService({
    clock,
    host,
    runId: "run",
    log,
    onCorrected: (step) => steps.push(step),
  });
  let offset = aheadNs;
  const now = () => utc + host.mono + (host.mono * ppm) / 1_000_000n + offset;
  let seed = 7;
  // 0.2 to 1.2 ms each way, never the same: what a busy network between two hosts does.
  const way = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return 200_000n + BigInt(seed % 1_000_000);
  };
  let sequence = 0n;
  let previous: { sequence: bigint; masterReceiveNs: bigint } | undefined;
  const exchange = async (): Promise<ExchangeResponse> => {
    sequence += 1n;
    const request = create(ExchangeRequestSchema, {
      masterId: "m",
      sequence,
      masterSendNs: now(),
      ...(previous && { previous }),
    });
    host.pass(way());
    const answer = await service.exchange(request);
    host.pass(way());
    previous = { sequence, masterReceiveNs: now() };
    return answer;
  };
  const lead = async (forNs: bigint) => {
    const until = host.mono + forNs;
    let answer = await exchange();
    while (host.mono < until) {
      const { seconds = 1n, nanos = 0 } = answer.nextIn ?? {};
      host.pass(seconds * second + BigInt(nanos));
      answer = await exchange();
    }
    return answer;
  };
  const errorNs = () => Number(now() - clock.now());
  const resync = (stepMaxS?: bigint) =>
    service.resync(
      create(ResyncRequestSchema, {
        masterId: "m",
        ...(stepMaxS !== undefined && { stepMax: { seconds: stepMaxS, nanos: 0 } }),
      }),
    );
  const jump = (ns: bigint) => {
    offset += ns;
  };
  return { host, clock, service, exchange, lead, errorNs, resync, jump, steps };
}

describe("control/master clock", () => {
  test("control/after-60-s-against-200-ppm-house-time-is-within-1-ms", async () => {
    const it = master(200n);
    it.clock.markAired();
    const answer = await it.lead(60n * second);
    expect(answer.clock?.state).toBe(ClockState.LOCKED);
    expect(answer.clock?.driftPpm).toBeGreaterThan(190);
    expect(answer.clock?.driftPpm).toBeLessThan(210);
    expect(Math.abs(it.errorNs())).toBeLessThan(1_000_000);
  });

  test("control/house-time-never-steps-back-and-slews-at-most-500-ppm", async () => {
    const it = master(200n, -300_000_000n);
    it.clock.markAired();
    let last = it.clock.now();
    let lastMono = it.host.mono;
    for (let n = 0; n < 60; n++) {
      await it.lead(second);
      const [now, mono] = [it.clock.now(), it.host.mono];
      const rate = Number(now - last) / Number(mono - lastMono);
      expect(Math.abs(rate - 1)).toBeLessThanOrEqual(501e-6);
      [last, lastMono] = [now, mono];
    }
  });

  test("control/a-step-of-the-master-is-alarmed-and-stepped-by-resync-alone", async () => {
    const it = master(0n);
    it.clock.markAired();
    await it.lead(20n * second);
    it.jump(5n * second);
    const answer = await it.lead(10n * second);
    expect(answer.clock?.alarm).toBe(true);
    expect(it.errorNs()).toBeGreaterThan(4_900_000_000);
    await expect(it.resync(3n)).rejects.toMatchObject({ code: "WrongState" });
    const { stepNs } = await it.resync(10n);
    expect(Number(stepNs)).toBeGreaterThan(4_900_000_000);
    expect(Math.abs(it.errorNs())).toBeLessThan(2_000_000);
    expect(it.steps.filter((step) => step !== 0n)).toEqual([stepNs]);
  });

  test("control/a-master-that-is-behind-is-slewed-to-and-never-stepped-to", async () => {
    const it = master(0n);
    it.clock.markAired();
    await it.lead(20n * second);
    it.jump(-2n * second);
    await it.lead(10n * second);
    await expect(it.resync()).rejects.toMatchObject({ code: "WrongState" });
  });

  test("control/a-silent-master-is-followed-on-and-said-to-be-lost", async () => {
    const it = master(200n);
    it.clock.markAired();
    await it.lead(60n * second);
    it.host.pass(60n * second);
    expect(it.clock.health().state).toBe("holdover");
    // A minute at the last known rate: what the rate is wrong by adds up.
    expect(Math.abs(it.errorNs())).toBeLessThan(2_000_000);
    expect((await it.lead(5n * second)).clock?.state).toBe(ClockState.LOCKED);
  });

  test("control/an-old-number-is-refused-and-another-master-begins-anew", async () => {
    const it = master(0n);
    await it.exchange();
    const call = (masterId: string, sequence: bigint) =>
      it.service.exchange(create(ExchangeRequestSchema, { masterId, sequence, masterSendNs: utc }));
    await expect(call("m", 1n)).rejects.toMatchObject({ details: { field: "sequence" } });
    await expect(call("", 9n)).rejects.toMatchObject({ details: { field: "master_id" } });
    expect(await call("other", 0n)).toMatchObject({ sequence: 0n, runId: "run" });
    await expect(it.resync()).rejects.toMatchObject({ code: "WrongState" });
  });
});
