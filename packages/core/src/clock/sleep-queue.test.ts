import fc from "fast-check";
import { expect, test } from "vitest";
import { PlayoutError } from "../errors/playout-error.js";
import { nanoseconds } from "../time/units.js";
import { SleepQueue } from "./sleep-queue.js";

const never = new AbortController().signal;

test("clock/sleepers-wake-by-time-then-by-arrival-whatever-was-cancelled", async () => {
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ sleep: fc.bigInt({ min: 0n, max: 50n }) }) },
    { weight: 2, arbitrary: fc.record({ cancel: fc.nat(200) }) },
    { weight: 1, arbitrary: fc.record({ wake: fc.bigInt({ min: 0n, max: 60n }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 200 }), async (commands) => {
      const queue = new SleepQueue();
      const woken: number[] = [];
      const expected: number[] = [];
      // The model: a plain list, searched from the front.
      let model: { id: number; at: bigint }[] = [];
      const abort: AbortController[] = [];
      const ends: Promise<void>[] = [];
      for (const step of commands) {
        if ("sleep" in step) {
          const id = abort.length;
          abort.push(new AbortController());
          model.push({ id, at: step.sleep });
          ends.push(
            queue.add(nanoseconds(step.sleep), abort[id]!.signal).then(
              () => void woken.push(id),
              () => {},
            ),
          );
        } else if ("cancel" in step) {
          abort[step.cancel]?.abort();
          model = model.filter(({ id }) => id !== step.cancel);
        } else {
          queue.wakeUntil(nanoseconds(step.wake));
          const due = model.filter(({ at }) => at <= step.wake);
          due.sort((a, b) => Number(a.at - b.at) || a.id - b.id);
          expected.push(...due.map(({ id }) => id));
          model = model.filter(({ at }) => at > step.wake);
        }
        expect(queue.size).toBe(model.length);
        const earliest = model.reduce<bigint | undefined>(
          (least, { at }) => (least === undefined || at < least ? at : least),
          undefined,
        );
        expect(queue.earliest).toBe(earliest);
      }
      queue.close();
      await Promise.all(ends);
      expect(woken).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test("clock/a-wait-given-up-says-why-and-leaves-nothing", async () => {
  const queue = new SleepQueue();
  const plain = new AbortController();
  const coded = new AbortController();
  const cancelled = queue.add(nanoseconds(5n), plain.signal);
  const timedOut = queue.add(nanoseconds(5n), coded.signal);
  plain.abort();
  coded.abort(new PlayoutError("Timeout", "Too long."));
  await expect(cancelled).rejects.toMatchObject({ code: "Cancelled" });
  await expect(timedOut).rejects.toMatchObject({ code: "Timeout", message: "Too long." });
  await expect(queue.add(nanoseconds(5n), plain.signal)).rejects.toMatchObject({ code: "Cancelled" });
  await expect(queue.add(nanoseconds(5n), AbortSignal.abort(new Error("tired")))).rejects.toMatchObject({
    code: "Cancelled",
    message: "tired",
  });
  expect(queue.size).toBe(0);
});

test("clock/closing-rejects-all-sleepers-in-order-and-all-to-come", async () => {
  const queue = new SleepQueue();
  const told: number[] = [];
  const ends = [30n, 10n, 20n].map((at, i) =>
    queue.add(nanoseconds(at), never).catch((thrown: unknown) => {
      expect(PlayoutError.is(thrown, "Closed")).toBe(true);
      told.push(i);
    }),
  );
  queue.close();
  queue.close();
  await Promise.all(ends);
  expect(told).toEqual([0, 1, 2]);
  await expect(queue.add(nanoseconds(0n), never)).rejects.toMatchObject({ code: "Closed" });
});
