import {
  type FrameMeta,
  type FrameWriter,
  HouseGrid,
  type PictureBuffer,
  type ProgramFormat,
  rational,
  type Tick,
  type TickSound,
} from "@retrovue/core";
import { describe, expect, test } from "vitest";
import { type LiveSlate, type SlateMoment, SlateWriter } from "./slate-writer.js";

const format = { sampleRate: 48_000, channels: 2 } as ProgramFormat;
const grid = new HouseGrid(rational(25, 1), 48_000);
const samples = 1_920;
const fade = 240;

const sound = (value: number): TickSound => ({
  channels: [new Float32Array(samples).fill(value), new Float32Array(samples).fill(-value)],
  samples,
});
const slatePicture = { index: 7 } as PictureBuffer;
const planned = { index: 1 } as PictureBuffer;

/** What was handed over, sounds as their left channel. */
function writing(moments: Readonly<Record<number, SlateMoment>>) {
  const got: { tick: number; picture: unknown; left: number[] | undefined }[] = [];
  const rested: number[] = [];
  const inner = {
    submit: (tick: Tick, picture: unknown, of: TickSound | undefined) => {
      got.push({ tick, picture, left: of && [...(of.channels[0] ?? [])].slice(0, of.samples) });
    },
  } as unknown as FrameWriter;
  const slate: LiveSlate = {
    at: (n) => moments[n],
    rest: (n) => void rested.push(n),
    async [Symbol.asyncDispose]() {},
  };
  const writer = new SlateWriter(inner, slate, grid, format);
  const submit = (
    tick: number,
    picture: PictureBuffer | "slate" | "black",
    of?: TickSound,
    silentSamples = 0,
  ) => writer.submit(tick as Tick, picture, of, { silentSamples } as FrameMeta);
  return { got, rested, submit };
}

describe("channels/slate-writer", () => {
  test("channels/a-slate-that-moves-airs-where-the-reserved-one-was-asked-for-and-nowhere-else", () => {
    const { got, rested, submit } = writing({ 1: { picture: slatePicture, sound: undefined } });
    const own = sound(0.25);
    submit(0, planned, own);
    submit(1, "slate", own, samples);
    submit(2, "slate");
    submit(3, "black");
    expect(got.map(({ picture }) => picture)).toEqual([planned, slatePicture, "slate", "black"]);
    expect(rested).toEqual([0, 3]);
    expect(got[0]?.left).toEqual([...(own.channels[0] ?? [])]);
  });

  test("channels/a-slate-is-heard-only-where-nothing-of-the-plan-is", () => {
    const moments = {
      0: { picture: slatePicture, sound: sound(0.5) },
      1: { picture: slatePicture, sound: sound(0.5) },
    };
    const { got, submit } = writing(moments);
    // Pictures are missing, sound is there.
    submit(0, "slate", sound(0.25), 0);
    expect(new Set(got[0]?.left)).toEqual(new Set([0.25]));
    submit(1, "slate", sound(0), samples);
    expect(got[1]?.left?.slice(fade)).toEqual(new Array(samples - fade).fill(0.5));
  });

  test("channels/a-slates-sound-comes-and-goes-without-a-step", () => {
    const moments = Object.fromEntries([1, 2].map((n) => [n, { picture: slatePicture, sound: sound(0.5) }]));
    const { got, submit } = writing(moments);
    submit(0, planned, sound(0));
    submit(1, "slate", sound(0), samples);
    submit(2, "slate", undefined, samples);
    submit(3, planned, sound(0));
    submit(4, planned, sound(0));
    const line = got.flatMap(({ left }) => left ?? []);
    expect(line.length).toBe(5 * samples);
    const steps = line.slice(1).map((value, at) => Math.abs(value - (line[at] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(0.5 / fade + 1e-6);
    expect(line.slice(samples + fade, 3 * samples)).toEqual(new Array(2 * samples - fade).fill(0.5));
    expect(line.slice(3 * samples + fade)).toEqual(new Array(2 * samples - fade).fill(0));
  });
});
