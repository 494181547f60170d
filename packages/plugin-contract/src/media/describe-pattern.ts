import type { PatternAsset } from "@retrovue/core/testing";

/** A pattern as plain values: what a cache key and a manifest say of it. */
export function describePattern(asset: PatternAsset): Readonly<Record<string, unknown>> {
  const { id, pictures, sound } = asset;
  return {
    id,
    pictures: pictures && {
      ...pictures,
      // A class instance says nothing to JSON: the times themselves do, at enough places to tell two apart.
      times: {
        rate: pictures.times.rate,
        rounding: pictures.times.rounding,
        first: Array.from({ length: Math.min(16, pictures.count) }, (_, n) =>
          pictures.times.at(n).toString(),
        ),
      },
    },
    sound,
  };
}
