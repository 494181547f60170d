import { create } from "@bufbuild/protobuf";
import { PlayoutError } from "@retrovue/core";
import { PlayoutPlanSchema } from "@retrovue/protocol";
import { describe, expect, test } from "vitest";
import { lengthsFor, plannedBy } from "./plan-reading.js";

const never = new AbortController().signal;

/** A plan of one relative path, for which the resolver says this. */
const plannedWhere = (locate: () => Promise<string>) =>
  plannedBy(
    create(PlayoutPlanSchema, { segments: [{ uri: "films/a.mp4" }] }),
    { resolver: { locate }, lengths: { lengthOf: async () => undefined }, segmentsMax: 10 },
    never,
  );

describe("control/plan reading", () => {
  test("plans/a-path-that-no-file-is-at-stays-as-it-is", async () => {
    const { segments } = await plannedWhere(async () => {
      throw new PlayoutError("UnknownPlan", "No such file.");
    });
    expect(segments.map(({ uri }) => uri)).toEqual(["films/a.mp4"]);
    const found = await plannedWhere(async () => "/srv/films/a.mp4");
    expect(found.segments.map(({ uri }) => uri)).toEqual(["/srv/films/a.mp4"]);
  });

  test("plans/a-uri-that-names-no-file-here-stays-as-it-is", async () => {
    const { segments } = await plannedWhere(async () => {
      throw new TypeError("File URL host must be empty");
    });
    expect(segments.map(({ uri }) => uri)).toEqual(["films/a.mp4"]);
  });

  test.each(["Timeout", "QueueFull"] as const)(
    "plans/where-nobody-can-say-what-a-path-means-the-plan-is-refused: %s",
    async (code) => {
      const refused = plannedWhere(async () => {
        throw new PlayoutError(code, "Its share does not answer.");
      });
      await expect(refused).rejects.toMatchObject({ code });
    },
  );

  test("plans/an-asset-that-does-not-open-has-no-length-and-one-that-nobody-looked-at-refuses-the-plan", async () => {
    const lengthsWhere = (code: "MediaCorrupt" | "QueueFull") =>
      lengthsFor(
        create(PlayoutPlanSchema, { segments: [{ uri: "/a.mp4" }] }),
        {
          resolver: { locate: async (path) => path },
          lengths: { lengthOf: () => Promise.reject(new PlayoutError(code, "No length.")) },
          segmentsMax: 10,
        },
        never,
      );
    expect((await lengthsWhere("MediaCorrupt")).size).toBe(0);
    await expect(lengthsWhere("QueueFull")).rejects.toMatchObject({ code: "QueueFull" });
  });
});
