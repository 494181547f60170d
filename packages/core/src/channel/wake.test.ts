import { describe, expect, test } from "vitest";
import { Wake } from "./wake.js";

/** Notifies after so many hops of the microtask queue. */
async function notifyAfter(wake: Wake, hops: number): Promise<void> {
  for (let hop = 0; hop < hops; hop++) await undefined;
  wake.notify();
}

describe("channel/wake", () => {
  test("channel/wake-settles-true-where-promises-lead-to-a-notification", async () => {
    for (const hops of [0, 1, 10, 20]) {
      const wake = new Wake();
      void notifyAfter(wake, hops);
      expect(await wake.settles(), `${hops} hops`).toBe(hops > 0);
    }
  });

  test("channel/wake-settles-false-where-nobody-notifies", async () => {
    expect(await new Wake().settles()).toBe(false);
  });

  test("channel/wake-loses-no-notification-to-who-looks-again-before-it-sleeps", async () => {
    for (let hops = 25; hops < 40; hops++) {
      const wake = new Wake();
      let isReady = false;
      wake.notify = ((notify) => () => {
        isReady = true;
        notify.call(wake);
      })(wake.notify);
      void notifyAfter(wake, hops);
      if (!(await wake.settles()) && !isReady) await wake.wait();
      expect(isReady, `${hops} hops`).toBe(true);
    }
  });
});
