import {
  type FrameLease,
  type FrameMeta,
  HouseGrid,
  type PictureBuffer,
  PlayoutError,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { benchFormat, benchPoolSize, soundOf } from "../../src/frame-bus/bus-bench.js";
import { busMutant } from "./mutant-bus.js";

const never = new Promise<never>(() => {});
const benchGrid = new HouseGrid(benchFormat.frameRate, benchFormat.sampleRate);
const patient = new AbortController().signal;

/** Pictures, slots and readers gone wrong. */
export const readMutants = [
  busMutant("shows-other-pixels", ["bus/ticks-appear-in-order"], () => ({
    lease: ({ picture }) => ({
      picture: { ...picture, planes: picture.planes.map((plane) => plane.map((value) => value + 1)) },
    }),
  })),
  busMutant("commits-only-at-air-time", ["bus/frames-are-visible-ahead-of-their-time"], () => ({
    reader: (reader) => ({ at: async (tick, signal) => (tick > 0 ? never : reader.at(tick, signal)) }),
  })),
  busMutant("head-is-one-too-far", ["bus/head-is-the-last-committed-tick"], () => ({
    reader: (reader) => ({ head: () => tickAfter(reader.head(), 1) }),
  })),
  busMutant("starts-a-tick-early", ["bus/nothing-is-committed-before-start"], () => ({
    committer: (committer) => ({ start: (first) => committer.start(tickAfter(first, -1)) }),
  })),
  busMutant("copies-repeats", ["bus/repeats-refer-to-the-same-picture"], () => ({
    lease: ({ pictureId, tick }) => ({ pictureId: `${pictureId}.${tick}` }),
  })),
  busMutant("identifies-pictures-by-buffer", ["bus/picture-ids-are-never-used-again"], () => ({
    lease: ({ pictureId }) => ({ pictureId: pictureId.split(".")[0] ?? "" }),
  })),
  busMutant(
    "lends-a-buffer-that-is-on-air",
    ["bus/readable-pictures-are-not-lent-again", "bus/held-picture-is-not-lent-again"],
    () => {
      let first: readonly Uint8Array[] | undefined;
      return {
        loan: ({ planes }) => {
          first ??= planes;
          return { planes: first };
        },
      };
    },
  ),
  busMutant("keeps-three-ticks", ["bus/history-stays-readable"], () => ({
    reader: (reader) => ({ oldest: () => tickAfter(reader.head(), -3) }),
  })),
  busMutant("lends-half-a-picture", ["bus/loans-have-the-program-format"], () => ({
    loan: ({ planes }) => ({ planes: planes.map((plane) => plane.subarray(plane.length / 2)) }),
  })),
  busMutant("lends-one-buffer-twice", ["bus/loan-waits-while-the-pool-is-empty"], () => {
    const lent: PictureBuffer[] = [];
    return {
      writer: (writer) => ({
        loan: async (signal) => {
          const again = lent[0];
          if (lent.length === benchPoolSize && again) return again;
          const picture = await writer.loan(signal);
          lent.push(picture);
          return picture;
        },
      }),
    };
  }),
  busMutant("lends-to-nobody", ["bus/aborted-loan-lends-nothing"], () => ({
    writer: (writer) => ({
      loan: async (signal) => {
        const lent = writer.loan(patient);
        const cancelled = () => new PlayoutError("Cancelled", "Given up.");
        if (signal.aborted) throw cancelled();
        const aborted = new Promise<never>((_, reject) => {
          signal.addEventListener("abort", () => reject(cancelled()));
        });
        return Promise.race([lent, aborted]);
      },
    }),
  })),
  busMutant("ends-a-loan-with-its-first-hold", ["bus/a-shared-loan-ends-with-its-last-hold"], () => ({
    loan: (loan) => ({ share: () => loan }),
  })),
  busMutant(
    "shares-pictures-beyond-their-buffer",
    ["bus/a-shared-loan-shows-a-picture-where-it-lies"],
    () => ({ loan: (loan) => ({ share: () => loan.share?.() ?? loan }) }),
  ),
  busMutant("loses-unused-loans", ["bus/unused-loans-go-back"], () => ({
    loan: () => ({ release: () => {} }),
  })),
  busMutant("answers-with-the-newest", ["bus/at-waits-for-its-tick"], () => ({
    reader: (reader) => ({
      at: async (tick, signal) => {
        if (reader.head() < 0) await reader.next(signal);
        return reader.at(Math.min(tick, reader.head()) as Tick, signal);
      },
    }),
  })),
  busMutant("passes-raw-abort-reasons-on", ["bus/aborted-wait-does-no-harm"], () => ({
    reader: (reader) => ({
      at: (tick, signal) => reader.at(tick, signal).catch((error) => Promise.reject(error.cause ?? error)),
    }),
  })),
  busMutant("forgets-a-wait-for-another", ["bus/a-second-wait-is-refused"], () => ({
    reader: (reader) => {
      let isWaiting = false;
      return {
        at: async (tick, signal) => {
          if (isWaiting) return never;
          isWaiting = true;
          try {
            return await reader.at(tick, signal);
          } finally {
            isWaiting = false;
          }
        },
      };
    },
  })),
  busMutant("next-begins-at-the-oldest", ["bus/next-begins-at-the-newest-and-goes-on"], () => ({
    reader: (reader) => {
      let begun = false;
      return {
        next: (signal) => {
          if (begun) return reader.next(signal);
          begun = true;
          return reader.at(reader.oldest(), signal);
        },
      };
    },
  })),
  busMutant("shows-what-is-in-the-slot", ["bus/lapped-reader-is-told"], () => ({
    reader: (reader) => ({
      at: async (tick, signal) => {
        const read = await reader.at(tick, signal);
        return read.overrun ? reader.at(read.oldest, signal) : read;
      },
    }),
  })),
  busMutant("retries-a-dead-tick", ["bus/next-resumes-after-an-overrun"], () => ({
    reader: (reader) => {
      let last = -1;
      const note = <T extends { readonly overrun: boolean; readonly tick: Tick }>(read: T): T => {
        if (!read.overrun) last = read.tick;
        return read;
      };
      return {
        at: async (tick, signal) => note(await reader.at(tick, signal)),
        next: async (signal) => note(await reader.at((last + 1) as Tick, signal)),
      };
    },
  })),
  busMutant("stamps-the-tick-after", ["bus/lease-says-when-and-what"], () => ({
    lease: ({ time }) => ({ time: (time + 33_366_667n) as FrameLease["time"] }),
  })),
  busMutant("never-tells-of-torn-pictures", ["bus/torn-picture-is-told"], () => ({
    lease: () => ({ release: () => "intact" as const }),
  })),
  busMutant("judges-by-the-slot", ["bus/verdict-is-about-pixels-not-slots"], () => {
    let oldest: () => Tick = () => 0 as Tick;
    return {
      reader: (reader) => {
        oldest = () => reader.oldest();
        return {};
      },
      lease: ({ tick }) => ({ release: () => (tick < oldest() ? "overwritten" : "intact") }),
    };
  }),
  busMutant("waits-for-readers", ["bus/stopped-reader-holds-nothing-up"], () => {
    let held = 0;
    return {
      lease: (read) => {
        held++;
        return {
          release: () => {
            held--;
            return read.release();
          },
        };
      },
      writer: (writer) => ({ loan: (signal) => (held > 0 ? never : writer.loan(signal)) }),
    };
  }),
  busMutant("remembers-the-first-mapping", ["bus/mapping-reaches-readers"], () => ({
    reader: (reader) => {
      const first = reader.mapping();
      return { mapping: () => first };
    },
  })),
  busMutant("counts-no-overruns", ["bus/readers-are-listed"], () => ({
    committer: (committer) => ({
      readers: () => committer.readers().map((reader) => ({ ...reader, overruns: 0 })),
    }),
  })),
  busMutant("calls-a-missing-bus-stale", ["bus/unknown-bus-is-not-found"], () => ({
    bus: (bus) => ({
      openReader: (address, options, signal) =>
        bus.openReader(address, options, signal).catch((cause) => {
          throw new PlayoutError("BusStale", "Not there.", { cause });
        }),
    }),
  })),
];

/** Sound gone wrong. */
export const soundMutants = [
  busMutant("doubles-a-sample", ["bus/sound-is-exact"], () => ({
    lease: (read) => ({
      copySound: (into, offset) => {
        const verdict = read.copySound(into, offset);
        for (const samples of into) samples.copyWithin(offset + 100, offset + 99, offset + read.samples - 1);
        return verdict;
      },
    }),
  })),
  busMutant("reads-sound-after-submit", ["bus/sound-is-copied-at-submit"], () => ({
    writer: (writer) => ({
      submit: (tick, picture, sound, meta) => {
        const late = typeof picture === "string" ? picture : "black";
        setImmediate(() => writer.submit(tick, late, sound, meta));
      },
    }),
  })),
  busMutant("leaves-old-sound-in-the-ring", ["bus/missing-sound-is-silence"], () => ({
    writer: (writer) => ({
      submit: (tick, picture, sound, meta) => {
        writer.submit(tick, picture, sound ?? soundOf(benchGrid, tick), meta);
      },
    }),
  })),
  busMutant("hums-while-it-stands-in", ["bus/stand-ins-are-silent"], () => ({
    lease: (read) => ({
      copySound: (into, offset) => {
        const verdict = read.copySound(into, offset);
        if (read.meta.standIn) for (const samples of into) samples.fill(0.001, offset);
        return verdict;
      },
    }),
  })),
  busMutant("never-tells-of-overwritten-sound", ["bus/overwritten-sound-is-told"], () => ({
    lease: (read) => ({
      copySound: (into, offset) => {
        read.copySound(into, offset);
        return "intact";
      },
    }),
  })),
];

/** Metas gone wrong. */
export const metaMutants = [
  busMutant("takes-undefined-for-zero", ["bus/meta-arrives-as-submitted"], () => ({
    lease: ({ meta }) => ({ meta: { ...meta, sourcePts: meta.sourcePts ?? 0n } }),
  })),
  busMutant("cuts-titles-at-bytes", ["bus/meta-arrives-as-submitted"], () => ({
    lease: ({ meta }) => ({
      meta: { ...meta, assetTitle: Buffer.from(meta.assetTitle).subarray(0, 21).toString() },
    }),
  })),
  busMutant("has-too-few-asset-entries", ["bus/assets-may-change-at-every-tick"], () => {
    const titles = new Map<number, string>();
    return {
      writer: (writer) => ({
        submit: (tick, picture, sound, meta) => {
          titles.set(tick % 4, meta.assetTitle);
          writer.submit(tick, picture, sound, meta);
        },
      }),
      lease: ({ tick, meta }) => ({ meta: { ...meta, assetTitle: titles.get(tick % 4) ?? "" } }),
    };
  }),
  busMutant("keeps-the-decoders-bytes", ["bus/ancillary-arrives-as-submitted"], () => {
    let submitted: FrameMeta["ancillary"] = [];
    return {
      writer: (writer) => ({
        submit: (tick, picture, sound, meta) => {
          submitted = meta.ancillary;
          writer.submit(tick, picture, sound, meta);
        },
      }),
      lease: ({ meta }) => ({ meta: { ...meta, ancillary: submitted } }),
    };
  }),
];
