import { PlayoutError } from "@retrovue/core";
import { ensure, equal } from "../framework/check.js";
import type { Rule } from "../framework/rule.js";
import { type BusBench, benchPoolSize, paint, shadeOf, unlike } from "./bus-bench.js";

/** What decoders ask of a bus that they decode straight into. A bus whose loans cannot be shared passes. */
export const shareRules: readonly Rule<BusBench>[] = [
  {
    id: "bus/a-shared-loan-ends-with-its-last-hold",
    reason:
      "A codec refers to a picture for longer than it airs, or the other way round: whoever ends last ends the loan.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const first = await lane.loan();
      const second = first.share?.();
      if (second === undefined) return;
      equal(second.index, first.index, "the buffer that is shared");
      paint(first, channel.first);
      first.release();
      first.release();
      await lane.submit(channel.first, { picture: second });
      equal(
        unlike((await channel.read(reader, channel.first)).picture, shadeOf(channel.first)),
        undefined,
        "picture",
      );
      // While one hold is left the pool is one buffer short.
      const others = [];
      for (let n = 1; n < benchPoolSize; n++) others.push(await lane.loan());
      ensure(!others.some(({ index }) => index === first.index), "nobody else gets a buffer that is held");
      for (const other of others) other.release();
      second.release();
      await lane.submit(channel.tick(1), { picture: second });
      equal((await lane.refusalOf(channel.tick(1))).why, "BadPicture", "of a hold that was released");
    },
  },
  {
    id: "bus/a-shared-loan-shows-a-picture-where-it-lies",
    reason:
      "Codecs crop by saying where the picture begins: shown from the buffer's start it would be out of place.",
    check: async (bench) => {
      const channel = await bench.start();
      const lane = await channel.openWriter();
      const reader = await channel.openReader();
      const whole = await lane.loan();
      if (whole.share === undefined) return;
      const rows = whole.roomRows;
      const outside = whole.strides.map(
        (stride, p) => stride * ((rows?.[p] ?? bench.spec().format.height) + 1),
      );
      try {
        whole.share(outside).release();
        ensure(false, "a picture beyond its buffer's room is refused");
      } catch (thrown) {
        ensure(PlayoutError.is(thrown, "InvalidArgument"), `${String(thrown)} is an InvalidArgument`);
      }
      if (rows === undefined) return;
      // One row further down in each plane, where there is room below.
      paint(whole, channel.tick(5));
      const lower = whole.share(whole.strides);
      paint(lower, channel.first);
      await lane.submit(channel.first, { picture: lower });
      equal(
        unlike((await channel.read(reader, channel.first)).picture, shadeOf(channel.first)),
        undefined,
        "picture",
      );
      await lane.submit(channel.tick(1), { picture: whole });
      const { picture } = await channel.read(reader, channel.tick(1));
      equal(picture.planes[0]?.[0], shadeOf(channel.tick(5)), "the first row of the whole buffer");
      lower.release();
      whole.release();
    },
  },
];
