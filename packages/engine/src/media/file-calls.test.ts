import type { Timer } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { FileCalls, fileCallNsMax } from "./file-calls.js";

const never = new AbortController().signal;
const hangs = () => new Promise<never>(() => {});
const answers = async () => "there";
const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Calls whose deadlines pass when told; `/mnt/nas` is a share. */
function filesAt(...places: string[]) {
  const wakes = new Set<() => void>();
  const timer: Timer = {
    after: (delay, wake) => {
      expect(delay).toBe(fileCallNsMax);
      wakes.add(wake);
      return { [Symbol.dispose]: () => void wakes.delete(wake) };
    },
  };
  const pass = (count = wakes.size) => {
    for (const wake of [...wakes].slice(0, count)) {
      wakes.delete(wake);
      wake();
    }
  };
  const mounts = ["/mnt/nas"];
  return { files: new FileCalls({ places, timer, mounts: () => [...mounts] }), pass, wakes, mounts };
}

describe("media/file-calls", () => {
  test("files/one-that-does-not-answer-costs-its-place-alone", async () => {
    const { files, pass } = filesAt("/dead", "/alive");
    const first = files.ask("/dead/a.mp4", hangs, never);
    const behind = files.ask("/dead/b.mp4", answers, never);
    expect(await files.ask("/alive/a.mp4", answers, never)).toBe("there");
    pass();
    await expect(first).rejects.toMatchObject({ code: "Timeout", details: { path: "/dead/a.mp4" } });
    await expect(behind).rejects.toMatchObject({ code: "Timeout" });
    let asked = 0;
    const again = files.ask("/dead/c.mp4", async () => asked++, never);
    await expect(again).rejects.toMatchObject({ code: "Timeout" });
    expect(asked).toBe(0);
    expect(await files.ask("/alive/b.mp4", answers, never)).toBe("there");
  });

  test("files/a-place-that-answers-again-is-asked-again", async () => {
    const { files, pass, wakes } = filesAt("/slow");
    const answer = Promise.withResolvers<string>();
    let told: AbortSignal | undefined;
    const slow = files.ask(
      "/slow/a",
      (signal) => {
        told = signal;
        return answer.promise;
      },
      never,
    );
    pass();
    await expect(slow).rejects.toMatchObject({ code: "Timeout" });
    expect(told?.aborted).toBe(true);
    answer.resolve("late");
    await soon();
    expect(await files.ask("/slow/a", answers, never)).toBe("there");
    expect(wakes.size).toBe(0);
  });

  test("files/no-more-than-two-are-asked-at-once-and-each-gets-its-turn", async () => {
    const { files, pass } = filesAt("/a", "/b", "/c");
    const gate = Promise.withResolvers<string>();
    let running = 0;
    let most = 0;
    const one = async () => {
      most = Math.max(most, ++running);
      const answer = await gate.promise;
      running -= 1;
      return answer;
    };
    const all = ["/a/1", "/a/2", "/b/1", "/c/1", "/c/2", "/x/1", "/y/1"].map((path) =>
      files.ask(path, one, never),
    );
    gate.resolve("there");
    expect(await Promise.all(all)).toEqual(Array(7).fill("there"));
    expect(most).toBe(2);
    // Two that hang leave the other two threads alone, whatever is asked for.
    const hung = ["/a/1", "/b/1", "/c/1"].map((path) => files.ask(path, hangs, never));
    pass();
    for (const { status } of await Promise.allSettled(hung)) expect(status).toBe("rejected");
    let asked = false;
    const third = files.ask("/c/1", async () => (asked = true), never);
    pass();
    await expect(third).rejects.toMatchObject({ code: "Timeout" });
    expect(asked).toBe(false);
  });

  test("files/a-share-that-hangs-is-one-place-whatever-folders-of-it-are-known", async () => {
    const { files, pass } = filesAt("/mnt/nas/films", "/mnt/nas/plans", "/srv");
    const hung = files.ask("/mnt/nas/films/a", hangs, never);
    pass();
    await expect(hung).rejects.toMatchObject({ code: "Timeout" });
    await expect(files.ask("/mnt/nas/plans/a", answers, never)).rejects.toMatchObject({ code: "Timeout" });
    expect(await files.ask("/srv/a", answers, never)).toBe("there");
    expect(await files.ask("/anywhere", answers, never)).toBe("there");
  });

  test("files/a-share-that-was-mounted-late-and-hangs-is-one-place-from-then-on", async () => {
    const { files, pass, mounts } = filesAt("/late/films", "/late/ads", "/srv");
    mounts.push("/late");
    const hung = files.ask("/late/films/a", hangs, never);
    let asked = 0;
    // Before anything is overdue already: otherwise one share took both turns.
    const behind = files.ask("/late/ads/a", async () => asked++, never);
    expect(await files.ask("/srv/a", answers, never)).toBe("there");
    pass();
    for (const one of [hung, behind]) await expect(one).rejects.toMatchObject({ code: "Timeout" });
    await expect(files.ask("/late/ads/b", async () => asked++, never)).rejects.toMatchObject({
      code: "Timeout",
    });
    expect(asked).toBe(0);
    expect(await files.ask("/srv/b", answers, never)).toBe("there");
  });

  test("files/a-folder-answers-though-a-share-that-was-mounted-in-it-late-hangs", async () => {
    const { files, pass, mounts } = filesAt("/srv/media");
    const back = Promise.withResolvers<string>();
    const hung = files.ask("/srv/media/late/a", () => back.promise, never);
    const behind = files.ask("/srv/media/b", answers, never);
    mounts.push("/srv/media/late");
    pass(1);
    await expect(hung).rejects.toMatchObject({ code: "Timeout" });
    expect(await behind).toBe("there");
    expect(await files.ask("/srv/media/c", answers, never)).toBe("there");
    await expect(files.ask("/srv/media/late/b", answers, never)).rejects.toMatchObject({ code: "Timeout" });
    back.resolve("late");
    await soon();
    expect(await files.ask("/srv/media/late/b", answers, never)).toBe("there");
  });

  test("files/who-waited-too-long-for-a-turn-makes-no-place-hang", async () => {
    const { files, pass, wakes } = filesAt("/busy");
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const before = files.ask("/busy/a", () => first.promise, never);
    const late = files.ask("/busy/b", () => second.promise, never);
    first.resolve("there");
    expect(await before).toBe("there");
    // The deadline of who asked; its call has only just begun.
    pass(1);
    await expect(late).rejects.toMatchObject({ code: "Timeout" });
    const next = files.ask("/busy/c", answers, never);
    second.resolve("late");
    expect(await next).toBe("there");
    expect(wakes.size).toBe(0);
  });

  test("files/who-does-not-want-to-know-any-more-leaves-at-once", async () => {
    const { files, pass, wakes } = filesAt("/a");
    const leaving = new AbortController();
    const running = files.ask("/a/1", hangs, leaving.signal);
    const waiting = files.ask("/a/2", answers, leaving.signal);
    leaving.abort();
    for (const left of [running, waiting]) await expect(left).rejects.toMatchObject({ code: "Cancelled" });
    expect(wakes.size).toBe(1);
    // What it began may hang all the same.
    pass();
    await expect(files.ask("/a/3", answers, never)).rejects.toMatchObject({ code: "Timeout" });
    await expect(files.ask("/b/3", answers, leaving.signal)).rejects.toMatchObject({ code: "Cancelled" });
  });
});
