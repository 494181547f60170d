import {
  type Decoder,
  type DecoderFactory,
  type EndOfMedia,
  endOfMedia,
  type MediaTime,
  mediaTime,
  type PictureFrame,
  PlayoutError,
  type SoundBlock,
} from "@retrovue/core";
import { PatternDecoderFactory, parsePatternUri } from "@retrovue/core/testing";
import type { Mutant } from "../framework/mutants.js";
import type { RuleId, SetUp } from "../framework/rule.js";
import type { Clip } from "../media/clip.js";
import { SoundOracle } from "./sound-oracle.js";
import { strangersFor } from "./strangers.js";
import { DecoderSubject } from "./subject.js";

const bothUri = "test://pattern?id=17&rate=24000/1001&duration=1s&size=64x36&sound=48000x2";
const silentUri = "test://pattern?id=17&rate=24000/1001&duration=1s&size=64x36&sound=none";
const zero = mediaTime(0n);
const never = new AbortController().signal;

/** What a mutant does otherwise; `inner` is a decoder that keeps the contract. */
type Twist = (inner: Decoder) => Partial<Decoder> & { [Symbol.asyncDispose]?: () => Promise<void> };

function twisted(inner: Decoder, twist: Twist): Decoder {
  return {
    info: inner.info,
    seek: (to, signal) => inner.seek(to, signal),
    readPicture: (notBefore, options, signal) => inner.readPicture(notBefore, options, signal),
    readSound: (samples, signal) => inner.readSound(samples, signal),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...twist(inner),
  };
}

/** A setup over a factory made of the good one. */
function over(
  make: (inner: PatternDecoderFactory) => DecoderFactory,
  uri: string,
  damaged = false,
): SetUp<DecoderSubject> {
  return async () => {
    const clip: Clip = {
      name: "pattern",
      uri,
      path: undefined,
      missingUri: "test://nothing-here",
      truth: {
        pattern: parsePatternUri(uri),
        timeSlackNs: 1n,
        sampleSlack: 0,
        tailSamples: 0,
        lossless: true,
      },
    };
    const inner = new PatternDecoderFactory();
    const strangers = await strangersFor(clip);
    return new DecoderSubject(
      make(inner),
      clip,
      new SoundOracle(clip.truth),
      damaged ? { ...strangers, damaged: { uri: `${uri}#damaged` } } : strangers,
      () => {
        const { decoders, pictures, sounds } = inner.ledger();
        return decoders + pictures + sounds;
      },
    );
  };
}

const decoderMutant = (
  name: string,
  breaks: readonly RuleId[],
  twist: Twist,
  uri = bothUri,
): Mutant<DecoderSubject> => ({
  name,
  breaks,
  setUp: over(
    (inner) => ({
      probe: (asset, signal) => inner.probe(asset, signal),
      open: async (asset, options, signal) => twisted(await inner.open(asset, options, signal), twist),
    }),
    uri,
  ),
});

const factoryMutant = (
  name: string,
  breaks: readonly RuleId[],
  change: (inner: PatternDecoderFactory) => Partial<DecoderFactory>,
  damaged = false,
): Mutant<DecoderSubject> => ({
  name,
  breaks,
  setUp: over(
    (inner) => ({
      probe: (asset, signal) => inner.probe(asset, signal),
      open: (asset, options, signal) => inner.open(asset, options, signal),
      ...change(inner),
    }),
    bothUri,
    damaged,
  ),
});

/** A picture that says something else of itself. */
const altered = (picture: PictureFrame, change: Partial<PictureFrame>): PictureFrame => ({
  format: picture.format,
  planes: picture.planes,
  strides: picture.strides,
  time: picture.time,
  duration: picture.duration,
  sourcePts: picture.sourcePts,
  sourceTimeBase: picture.sourceTimeBase,
  sourceIndex: undefined,
  concealed: picture.concealed,
  inPlace: picture.inPlace,
  ancillary: picture.ancillary,
  release: () => picture.release(),
  ...change,
});

const eachPicture =
  (change: (picture: PictureFrame, read: number) => PictureFrame): Twist =>
  (inner) => {
    let reads = 0;
    return {
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        return picture === endOfMedia ? picture : change(picture, reads++);
      },
    };
  };

/** Takes a picture out of the stream without showing it. */
const dropPicture = async (inner: Decoder): Promise<void> => {
  const picture = await inner.readPicture(zero, {}, never);
  if (picture !== endOfMedia) picture.release();
};

/** One broken decoder for each rule (at least): what each does wrong is its name. */
export const decoderMutants: readonly Mutant<DecoderSubject>[] = [
  decoderMutant("claims-another-size", ["decoder/info-is-truthful"], ({ info }) => ({
    info: {
      ...info,
      picture: info.picture && { ...info.picture, format: { ...info.picture.format, width: 66 } },
    },
  })),
  decoderMutant("claims-another-sample-rate", ["decoder/info-is-truthful"], ({ info }) => ({
    info: { ...info, sound: info.sound && { ...info.sound, sampleRate: 44_100 } },
  })),
  decoderMutant(
    "counts-duration-to-the-last-picture's-start",
    ["decoder/duration-is-from-zero-to-the-end"],
    ({ info }) => ({
      info: { ...info, duration: mediaTime((info.duration ?? 0n) - 41_708_333n) },
    }),
  ),
  decoderMutant(
    "lends-short-planes",
    ["decoder/planes-are-as-the-format-says"],
    eachPicture((picture) =>
      altered(picture, { planes: picture.planes.map((plane) => plane.subarray(0, -1)) }),
    ),
  ),
  decoderMutant("says-in-place-but-is-not", ["decoder/in-place-is-truthful"], (inner) => ({
    readPicture: async (notBefore, _options, signal) => {
      const picture = await inner.readPicture(notBefore, {}, signal);
      return picture === endOfMedia ? picture : altered(picture, { inPlace: true });
    },
  })),
  decoderMutant(
    "starts-at-the-container's-time",
    ["decoder/zero-is-the-first-picture"],
    eachPicture((picture) => altered(picture, { time: mediaTime(picture.time + 1_400_000_000n) })),
  ),
  decoderMutant(
    "loses-the-first-picture",
    ["decoder/every-picture-once-and-in-order", "decoder/zero-is-the-first-picture"],
    (inner) => {
      let first = true;
      return {
        readPicture: async (notBefore, options, signal) => {
          if (first) await dropPicture(inner);
          first = false;
          return inner.readPicture(notBefore, options, signal);
        },
      };
    },
  ),
  decoderMutant("ends-one-picture-early", ["decoder/every-picture-once-and-in-order"], eachLate()),
  decoderMutant(
    "rounds-times-to-milliseconds",
    ["decoder/every-picture-once-and-in-order"],
    eachPicture((picture) => altered(picture, { time: mediaTime((picture.time / 1_000_000n) * 1_000_000n) })),
  ),
  decoderMutant("loses-a-sample-now-and-then", ["decoder/every-sample-once-and-in-order"], (inner) => {
    let reads = 0;
    return {
      readSound: async (samples, signal) => {
        if (++reads === 5) {
          const lost = await inner.readSound(1, signal);
          if (lost !== endOfMedia) lost.release();
        }
        return inner.readSound(samples, signal);
      },
    };
  }),
  decoderMutant("gives-sound-in-its-own-portions", ["decoder/sound-reads-are-filled"], (inner) => ({
    readSound: (samples, signal) => inner.readSound(Math.min(samples, 576), signal),
  })),
  decoderMutant(
    "parks-sound-while-pictures-are-held",
    ["decoder/sound-does-not-wait-for-pictures"],
    (inner) => {
      let held = 0;
      let wake = (): void => {};
      return {
        readPicture: async (notBefore, options, signal) => {
          const picture = await inner.readPicture(notBefore, options, signal);
          if (picture === endOfMedia) return picture;
          held++;
          return altered(picture, {
            release: () => {
              held--;
              picture.release();
              wake();
            },
          });
        },
        readSound: async (samples, signal) => {
          while (held >= 2)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          return inner.readSound(samples, signal);
        },
      };
    },
  ),
  decoderMutant("wants-its-sound-taken", ["decoder/pictures-do-not-wait-for-sound"], (inner) => {
    let pictures = 0;
    return {
      readPicture: (notBefore, options, signal) =>
        ++pictures > 12 ? new Promise(() => {}) : inner.readPicture(notBefore, options, signal),
    };
  }),
  decoderMutant("allows-one-read-at-a-time", ["decoder/one-read-of-each-kind-runs-together"], (inner) => {
    let busy = false;
    const alone = async <T>(work: () => Promise<T>): Promise<T> => {
      if (busy) throw new PlayoutError("WrongState", "A read is in flight.");
      busy = true;
      try {
        await Promise.resolve();
        return await work();
      } finally {
        busy = false;
      }
    };
    return {
      readPicture: (notBefore, options, signal) => alone(() => inner.readPicture(notBefore, options, signal)),
      readSound: (samples, signal) => alone(() => inner.readSound(samples, signal)),
    };
  }),
  decoderMutant("seeks-to-key-pictures", ["decoder/seek-is-frame-exact"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime((to / 500_500_000n) * 500_500_000n), signal),
  })),
  decoderMutant(
    "seeks-to-the-nearest-picture",
    ["decoder/seek-is-frame-exact", "decoder/seek-does-not-reach-ahead"],
    (inner) => ({
      seek: (to, signal) => inner.seek(mediaTime(to + 20_000_000n), signal),
    }),
  ),
  decoderMutant("forgives-no-rounding", ["decoder/seek-is-frame-exact"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime(to - 2_000_000n), signal),
  })),
  decoderMutant("cannot-seek-back", ["decoder/seek-to-zero-starts-again"], (inner) => ({
    seek: async (to, signal) => (to === 0n ? undefined : inner.seek(to, signal)),
  })),
  decoderMutant("refuses-times-before-zero", ["decoder/seek-before-zero-is-the-start"], (inner) => ({
    seek: async (to, signal) => {
      if (to < 0n) throw new PlayoutError("InvalidArgument", "A time is never negative.");
      return inner.seek(to, signal);
    },
  })),
  decoderMutant(
    "shows-the-last-picture-beyond-the-end",
    ["decoder/seek-beyond-the-end-is-the-end"],
    (inner) => ({
      seek: (to, signal) => inner.seek(to > 950_000_000n ? mediaTime(950_000_000n) : to, signal),
    }),
  ),
  decoderMutant("starts-sound-at-packets", ["decoder/sound-starts-at-the-sample"], (inner) => ({
    seek: (to, signal) => inner.seek(mediaTime((to / 21_333_333n) * 21_333_333n), signal),
  })),
  decoderMutant(
    "seeks-pictures-alone",
    ["decoder/seek-moves-both-streams", "decoder/sound-starts-at-the-sample"],
    (inner) => ({
      // Sound goes on from where it was, as with one seek for each stream of which one was forgotten.
      readSound: soundFromOwnPosition(inner),
    }),
  ),
  decoderMutant("gives-old-pictures-after-a-seek", ["decoder/seek-cancels-reads-in-flight"], (inner) => {
    let kept: Promise<PictureFrame | EndOfMedia> | undefined;
    let sought = false;
    return {
      seek: async (to, signal) => {
        sought = true;
        if (kept === undefined) await inner.seek(to, signal);
      },
      readPicture: (notBefore, options, signal) => {
        const read = inner.readPicture(notBefore, options, signal);
        if (!sought) kept = read;
        return read;
      },
    };
  }),
  decoderMutant("does-not-skip", ["decoder/not-before-skips-the-unseen-alone"], (inner) => ({
    readPicture: (_notBefore, options, signal) => inner.readPicture(zero, options, signal),
  })),
  decoderMutant("skips-one-too-many", ["decoder/not-before-skips-the-unseen-alone"], (inner) => ({
    readPicture: (notBefore, options, signal) =>
      inner.readPicture(notBefore > 0n ? mediaTime(notBefore + 41_708_334n) : notBefore, options, signal),
  })),
  decoderMutant("takes-not-before-for-a-seek", ["decoder/the-past-skips-nothing"], (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      await inner.seek(notBefore, signal);
      return inner.readPicture(notBefore, options, signal);
    },
  })),
  decoderMutant("skips-the-last-picture", ["decoder/the-last-picture-is-never-skipped"], (inner) => ({
    readPicture: async (notBefore, options, signal) =>
      notBefore > (inner.info.duration ?? 0n) ? endOfMedia : inner.readPicture(notBefore, options, signal),
  })),
  decoderMutant(
    "starts-over-after-the-end",
    ["decoder/end-of-pictures-is-sticky", "decoder/end-of-sound-is-sticky"],
    (inner) => ({
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) await inner.seek(zero, signal);
        return picture;
      },
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) await inner.seek(zero, signal);
        return block;
      },
    }),
  ),
  decoderMutant("ends-all-streams-together", ["decoder/streams-end-by-themselves"], (inner) => {
    let ended = false;
    return {
      readPicture: async (notBefore, options, signal) =>
        ended ? endOfMedia : inner.readPicture(notBefore, options, signal),
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) ended = true;
        return block;
      },
    };
  }),
  decoderMutant(
    "waits-for-sound-that-is-not-there",
    ["decoder/a-missing-stream-ends-at-once"],
    () => ({
      readSound: () => new Promise<SoundBlock>(() => {}),
    }),
    silentUri,
  ),
  decoderMutant("loses-a-picture-on-abort", ["decoder/an-aborted-picture-read-loses-nothing"], (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      if (signal.aborted) await dropPicture(inner);
      return inner.readPicture(notBefore, options, signal);
    },
  })),
  decoderMutant(
    "is-deaf-to-signals",
    ["decoder/an-aborted-picture-read-loses-nothing", "decoder/an-aborted-seek-can-be-repeated"],
    (inner) => ({
      seek: (to) => inner.seek(to, never),
      readPicture: (notBefore, options) => inner.readPicture(notBefore, options, never),
    }),
  ),
  decoderMutant("loses-samples-on-abort", ["decoder/an-aborted-sound-read-loses-nothing"], (inner) => ({
    readSound: async (samples, signal) => {
      if (signal.aborted) {
        const lost = await inner.readSound(samples, never);
        if (lost !== endOfMedia) lost.release();
      }
      return inner.readSound(samples, signal);
    },
  })),
  decoderMutant("dies-of-an-aborted-seek", ["decoder/an-aborted-seek-can-be-repeated"], (inner) => ({
    seek: async (to, signal) => {
      if (signal.aborted) await inner[Symbol.asyncDispose]();
      return inner.seek(to, signal);
    },
  })),
  factoryMutant("opens-though-aborted", ["decoder/an-aborted-open-is-told"], (inner) => ({
    open: (asset, options) => inner.open(asset, options, never),
  })),
  factoryMutant(
    "lends-one-picture-at-a-time",
    ["decoder/as-many-pictures-may-be-held-as-were-asked-for"],
    (inner) => ({
      open: (asset, options, signal) => inner.open(asset, { ...options, picturesHeldMax: 1 }, signal),
    }),
  ),
  decoderMutant("never-wakes-who-waits", ["decoder/a-full-pool-waits-and-goes-on"], (inner) => {
    let held = 0;
    return {
      readPicture: async (notBefore, options, signal) => {
        if (held === 3) return new Promise(() => {});
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) return picture;
        held++;
        return altered(picture, {
          release: () => {
            held--;
            picture.release();
          },
        });
      },
    };
  }),
  decoderMutant(
    "lends-the-same-memory-twice",
    ["decoder/a-held-picture-does-not-change", "decoder/a-second-release-is-quiet"],
    (inner) => {
      let planes: Uint8Array[] | undefined;
      return {
        readPicture: async (notBefore, options, signal) => {
          const picture = await inner.readPicture(notBefore, options, signal);
          if (picture === endOfMedia) return picture;
          planes ??= picture.planes.map((plane) => plane.slice());
          for (const [index, plane] of picture.planes.entries()) planes[index]?.set(plane);
          return altered(picture, { planes });
        },
      };
    },
  ),
  decoderMutant("lends-the-same-sound-twice", ["decoder/sound-blocks-are-lent-likewise"], (inner) => {
    const channels = [new Float32Array(48_000), new Float32Array(48_000)];
    return {
      readSound: async (samples, signal) => {
        const block = await inner.readSound(samples, signal);
        if (block === endOfMedia) return block;
        for (const [index, channel] of block.channels.entries()) {
          channels[index]?.set(channel.subarray(0, block.samples));
        }
        block.release();
        return { ...block, channels };
      },
    };
  }),
  decoderMutant(
    "loses-a-slot-now-and-then",
    ["decoder/a-hundred-releases-later-all-goes-on"],
    eachPicture((picture, read) =>
      altered(picture, { release: () => (read % 20 === 19 ? undefined : picture.release()) }),
    ),
  ),
  factoryMutant(
    "gives-no-reason",
    ["decoder/probe-says-how-well-and-why", "decoder/probe-turns-strangers-down-with-a-reason"],
    () => ({
      probe: async (asset) => ({ score: asset.uri === bothUri ? 50 : 0, reason: "" }),
    }),
  ),
  factoryMutant("plays-everything", ["decoder/probe-turns-strangers-down-with-a-reason"], () => ({
    probe: async () => ({ score: 1, reason: "One may try." }),
  })),
  factoryMutant("leaves-probes-open", ["decoder/probe-has-no-effect"], (inner) => ({
    probe: async (asset, signal) => {
      await inner.open(asset, {}, signal).catch(() => undefined);
      return inner.probe(asset, signal);
    },
  })),
  factoryMutant(
    "opens-what-is-not-there",
    ["decoder/a-missing-asset-is-coded", "decoder/a-foreign-asset-is-coded"],
    (inner) => ({
      open: (_asset, options, signal) => inner.open({ uri: bothUri }, options, signal),
    }),
  ),
  factoryMutant(
    "throws-what-it-catches",
    ["decoder/a-missing-asset-is-coded", "decoder/a-foreign-asset-is-coded"],
    (inner) => ({
      open: async (asset, options, signal) => {
        if (asset.uri !== bothUri) throw new Error("ENOENT");
        return inner.open(asset, options, signal);
      },
    }),
  ),
  factoryMutant("leaves-failed-opens-half-made", ["decoder/a-failed-open-disturbs-nobody"], (inner) => ({
    open: async (asset, options, signal) => {
      if (asset.uri !== bothUri) await inner.open({ uri: bothUri }, options, signal);
      return inner.open(asset, options, signal);
    },
  })),
  factoryMutant(
    "fails-without-a-code",
    ["decoder/damage-is-coded-or-concealed"],
    (inner) => ({
      open: async (asset, options, signal) =>
        twisted(await inner.open(asset, options, signal), () => ({
          readPicture: async () => {
            throw new Error("invalid data found");
          },
        })),
    }),
    true,
  ),
  factoryMutant("shares-one-decoder", ["decoder/open-decoders-are-independent"], (inner) => {
    let shared: Promise<Decoder> | undefined;
    return {
      open: (asset, options, signal) => {
        shared ??= inner.open(asset, options, signal);
        return shared;
      },
    };
  }),
  decoderMutant("reads-on-after-disposal", ["decoder/use-after-disposal-is-closed"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
  decoderMutant("refuses-a-second-disposal", ["decoder/disposal-may-come-twice"], (inner) => {
    let disposed = false;
    return {
      [Symbol.asyncDispose]: async () => {
        if (disposed) throw new PlayoutError("Closed", "The decoder was disposed.");
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("leaves-reads-hanging-on-disposal", ["decoder/disposal-ends-what-runs"], (inner) => {
    let disposed = false;
    return {
      readPicture: async (notBefore, options, signal) => {
        const read = await inner.readPicture(notBefore, options, signal).catch((error: unknown) => error);
        if (disposed) return new Promise(() => {});
        if (read instanceof Error) throw read;
        return read as PictureFrame;
      },
      [Symbol.asyncDispose]: async () => {
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("throws-on-late-releases", ["decoder/release-after-disposal-is-quiet"], (inner) => {
    let disposed = false;
    return {
      readPicture: async (notBefore, options, signal) => {
        const picture = await inner.readPicture(notBefore, options, signal);
        if (picture === endOfMedia) return picture;
        return altered(picture, {
          release: () => {
            if (disposed) throw new Error("pool is gone");
            picture.release();
          },
        });
      },
      [Symbol.asyncDispose]: async () => {
        disposed = true;
        await inner[Symbol.asyncDispose]();
      },
    };
  }),
  decoderMutant("leaves-its-file-open", ["decoder/disposal-leaves-nothing-behind"], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
];

function eachLate(): Twist {
  return (inner) => ({
    readPicture: async (notBefore, options, signal) => {
      const picture = await inner.readPicture(notBefore, options, signal);
      if (picture === endOfMedia || picture.sourceIndex !== 23) return picture;
      picture.release();
      return endOfMedia;
    },
  });
}

/** Reads sound as if no seek had ever moved it: asks the inner decoder for the position that it had. */
function soundFromOwnPosition(inner: Decoder): Decoder["readSound"] {
  let position = 0;
  return async (samples, signal) => {
    const sampleRate = inner.info.sound?.sampleRate ?? 48_000;
    await inner.seek(
      mediaTime((BigInt(position) * 1_000_000_000n) / BigInt(sampleRate)) as MediaTime,
      signal,
    );
    const block = await inner.readSound(samples, signal);
    if (block !== endOfMedia) position += block.samples;
    return block;
  };
}
