import { ManualClock, type NamedDecoder, nanoseconds, PlayoutError } from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { ProbeMemory } from "./probe-memory.js";

const never = new AbortController().signal;

/** A decoder that scores as told and counts its probes. */
function scripted(scores: number[]) {
  const asked: string[] = [];
  const decoder: NamedDecoder = {
    name: "scripted",
    factory: {
      probe: async ({ uri }) => {
        asked.push(uri);
        return { score: scores.shift() ?? 50, reason: "It was told so." };
      },
      open: () => Promise.reject(new PlayoutError("Internal", "not opened")),
    },
  };
  return { decoder, asked };
}

function memory(scores: number[] = []) {
  const clock = new ManualClock(nanoseconds(0n));
  const { decoder, asked } = scripted(scores);
  const probes = new ProbeMemory(clock);
  const probe = async ([it]: readonly NamedDecoder[], uri: string) =>
    (await it?.factory.probe({ uri }, never))?.score;
  return { clock, asked, probes, decoders: [decoder], probe };
}

describe("workers/probes", () => {
  test("workers/what-a-look-was-answered-is-not-asked-again-when-the-asset-is-played", async () => {
    const { asked, probes, decoders, probe } = memory([70, 10]);
    const looking = probes.looking(decoders);
    expect([await probe(looking, "a"), await probe(looking, "a")]).toEqual([70, 70]);
    expect(asked).toEqual(["a"]);
    const playing = probes.playing(decoders);
    expect(await probe(playing, "a")).toBe(70);
    // Once: a retry wants to know anew.
    expect(await probe(playing, "a")).toBe(10);
    expect(asked).toEqual(["a", "a"]);
  });

  test("workers/a-refusal-and-an-old-answer-are-not-kept", async () => {
    const { clock, asked, probes, decoders, probe } = memory([0, 30, 60, 40]);
    expect(await probe(probes.looking(decoders), "a")).toBe(0);
    expect(await probe(probes.playing(decoders), "a")).toBe(30);
    expect(await probe(probes.looking(decoders), "b")).toBe(60);
    await clock.advanceBy(nanoseconds(5_000_000_000n));
    expect(await probe(probes.playing(decoders), "b")).toBe(40);
    expect(asked).toEqual(["a", "a", "b", "b"]);
  });

  test("workers/the-decoders-of-one-asset-are-told-apart-and-so-are-looks", async () => {
    const { asked, probes, decoders, probe } = memory([11, 22, 33]);
    expect(await probe(probes.looking(decoders), "a")).toBe(11);
    expect(await probe(probes.looking(decoders), "a")).toBe(22);
    const [first] = decoders;
    const two = first === undefined ? [] : probes.playing([first, first]);
    expect(await probe(two.slice(1), "a")).toBe(33);
    expect(await probe(two, "a")).toBe(22);
    expect(asked).toHaveLength(3);
  });
});
