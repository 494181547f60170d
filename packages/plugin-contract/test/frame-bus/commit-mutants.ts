import {
  type BusSpec,
  type Committer,
  type CommitterEvent,
  type Expectation,
  type FrameMeta,
  type FrameWriter,
  type Nanoseconds,
  noSegmentId,
  PlayoutError,
  type Refusal,
  type Tick,
} from "@retrovue/core";
import { type Breakage, busMutant } from "./mutant-bus.js";

const never = new Promise<never>(() => {});

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** Tells another cause than the true one. */
const miscalls = (why: Refusal["why"], wrong: Refusal["why"]): Breakage => ({
  writer: (writer) => ({
    onRefused: (listener) =>
      writer.onRefused((refusal) => listener(refusal.why === why ? { ...refusal, why: wrong } : refusal)),
  }),
});

/** A bus made from another spec than asked for. */
const otherSpec = (change: (spec: BusSpec) => Partial<BusSpec>): Breakage => ({
  bus: (bus) => ({ create: (spec, signal) => bus.create({ ...spec, ...change(spec) }, signal) }),
});

/** Refusals gone wrong. */
export const refusalMutants = [
  busMutant("calls-a-taken-tick-out-of-order", ["bus/taken-tick-is-refused"], () =>
    miscalls("TickTaken", "OutOfOrder"),
  ),
  busMutant("swallows-what-goes-back", ["bus/going-back-is-refused"], () => ({
    writer: (writer) => ({
      onRefused: (listener) =>
        writer.onRefused((refusal) => refusal.why !== "OutOfOrder" && listener(refusal)),
    }),
  })),
  busMutant("takes-any-lead", ["bus/too-far-ahead-is-refused"], () =>
    otherSpec(() => ({ leadTicks: 1_000 })),
  ),
  busMutant("puts-wrong-sound-right", ["bus/wrong-share-of-sound-is-refused"], () => ({
    writer: (writer) => ({
      submit: (tick, picture, _, meta) => writer.submit(tick, picture, undefined, meta),
    }),
  })),
  busMutant("airs-any-picture", ["bus/foreign-picture-is-refused"], () => ({
    writer: (writer) => ({ submit: (tick, _, sound, meta) => writer.submit(tick, "black", sound, meta) }),
  })),
  busMutant("throws-at-the-worker", ["bus/submit-never-throws-for-the-other-side"], () => ({
    writer: (writer) => {
      let refused: Refusal | undefined;
      writer.onRefused((refusal) => {
        refused = refusal;
      });
      return {
        submit: (tick, picture, sound, meta) => {
          writer.submit(tick, picture, sound, meta);
          if (refused) throw new PlayoutError("BusStale", `Refused: ${refused.why}`);
        },
      };
    },
  })),
];

/** Changes the metas that readers see. */
const metas = (change: (meta: FrameMeta, tick: Tick) => object): Breakage => ({
  lease: ({ meta, tick }) => ({ meta: { ...meta, ...change(meta, tick) } }),
});

/** Stand-ins gone wrong. */
export const standInMutants = [
  busMutant("stands-in-a-tick-early", ["bus/stand-in-comes-at-the-guard-time"], () =>
    otherSpec(() => ({ guardNs: 100_100_000n as Nanoseconds })),
  ),
  busMutant("stands-in-a-tick-late", ["bus/stand-in-comes-at-the-guard-time"], () =>
    otherSpec(() => ({ guardNs: 33_366_666n as Nanoseconds })),
  ),
  busMutant("catches-up-by-20-ticks-at-most", ["bus/every-due-tick-has-its-stand-in"], () => ({
    clock: (clock) => {
      const latest = (clock.now() + 667_333_333n) as Nanoseconds;
      return {
        now: () => (clock.now() < latest ? clock.now() : latest),
        sleepUntil: (_, signal) => aborted(signal),
      };
    },
  })),
  busMutant("holds-a-tick-too-long", ["bus/ladder-is-hold-then-the-policys-fall-back"], () => ({
    committer: (committer) => ({
      setPolicy: (policy) => committer.setPolicy({ ...policy, holdTicksMax: policy.holdTicksMax + 1 }),
    }),
  })),
  busMutant("holds-again-after-slate", ["bus/ladder-only-goes-down"], () => {
    let again = Number.POSITIVE_INFINITY;
    return {
      committer: (committer) => ({
        setPolicy: (policy) => {
          if (policy.holdTicksMax > 50) again = committer.head() + 1;
          committer.setPolicy(policy);
        },
      }),
      ...metas(({ standIn }, tick) => ({ standIn: standIn && tick >= again ? "hold" : standIn })),
    };
  }),
  busMutant("sees-no-boundary", ["bus/hold-never-crosses-a-boundary"], () => ({
    committer: (committer) => ({ expect: (expectations) => committer.expect(expectations.slice(0, 1)) }),
  })),
  busMutant("knows-segments-by-id-alone", ["bus/hold-stops-at-a-loop-seam"], () => ({
    committer: (committer) => ({
      expect: (expectations) =>
        committer.expect(expectations.filter((it, i) => it.segmentId !== expectations[i - 1]?.segmentId)),
    }),
  })),
  busMutant("holds-without-a-media-time", ["bus/hold-shows-the-last-picture"], () =>
    metas(({ standIn, mediaTime }) => ({ mediaTime: standIn ? undefined : mediaTime })),
  ),
  busMutant("stands-in-for-nobody", ["bus/stand-ins-carry-the-expected-segment"], () =>
    metas(({ standIn, segmentId }) => ({ segmentId: standIn ? noSegmentId : segmentId })),
  ),
  busMutant("keeps-what-was-edited-away", ["bus/expectations-are-replaced-from-the-first-on"], () => ({
    committer: (committer) => {
      let all: readonly Expectation[] = [];
      return {
        expect: (expectations) => {
          const kept = all.filter((old) => !expectations.some((it) => it.firstTick === old.firstTick));
          all = [...kept, ...expectations].sort((a, b) => a.firstTick - b.firstTick);
          committer.expect(all);
        },
      };
    },
  })),
  busMutant("counts-pads-as-faults", ["bus/pads-are-planned-black"], () => ({
    committer: (committer) => ({
      expect: (expectations) => committer.expect(expectations.map((it) => ({ ...it, pad: false }))),
    }),
  })),
  busMutant("does-not-listen-to-supervision", ["bus/stand-in-reason-is-the-one-set"], () => ({
    committer: () => ({ setReason: () => {} }),
  })),
  busMutant("shows-a-slate-of-its-own", ["bus/reserved-pictures-are-shown"], () => ({
    committer: (committer) => ({
      reserved: (kind) => {
        const { planes, strides } = committer.reserved(kind);
        return { planes: planes.map((plane) => plane.slice()), strides };
      },
    }),
  })),
  busMutant("drops-what-skips-ahead", ["bus/skipped-ticks-are-stood-in-for"], () => ({
    writer: (writer) => {
      let last: number | undefined;
      return {
        submit: (tick, picture, sound, meta) => {
          if (last !== undefined && tick !== last + 1) return;
          last = tick;
          writer.submit(tick, picture, sound, meta);
        },
      };
    },
  })),
  busMutant("returns-unmarked", ["bus/return-is-marked"], () => metas(() => ({ discontinuity: false }))),
  busMutant("is-never-late", ["bus/late-commits-are-counted"], () => ({
    committer: (committer) => ({ counters: () => ({ ...committer.counters(), lateCommits: 0 }) }),
  })),
];

/** Lanes gone wrong. */
export const laneMutants = [
  busMutant("takes-ticks-from-the-dead", ["bus/newer-lane-replaces-the-older"], () => {
    let newest: FrameWriter | undefined;
    return {
      writer: (writer) => {
        newest = writer;
        return {
          submit: (tick, picture, sound, meta) =>
            newest?.submit(tick, newest === writer ? picture : "black", sound, meta),
        };
      },
    };
  }),
  busMutant(
    "lets-the-replaced-wait",
    ["bus/replaced-lane-lends-no-more", "bus/disposal-makes-writers-stale"],
    () => ({
      writer: (writer) => ({
        loan: (signal) =>
          writer
            .loan(signal)
            .catch((error) => (PlayoutError.is(error, "BusStale") ? never : Promise.reject(error))),
      }),
    }),
  ),
  busMutant("retires-whoever-is-replaced", ["bus/buffers-stay-out-until-the-lane-is-retired"], () => ({
    committer: (committer) => {
      let last: number | undefined;
      return {
        openLane: () => {
          if (last !== undefined) committer.retireLane(last, "workerLost");
          const ticket = committer.openLane();
          last = ticket.lane;
          return ticket;
        },
      };
    },
  })),
  busMutant("loses-the-buffers-of-the-dead", ["bus/retired-lane-gives-all-its-buffers-back"], () => ({
    committer: () => ({ retireLane: () => {} }),
  })),
  busMutant("does-not-say-who-died", ["bus/retiring-gives-the-reason"], () => ({
    committer: (committer) => ({ retireLane: (lane) => committer.retireLane(lane, "none") }),
  })),
  busMutant("wipes-the-pictures-of-the-dead", ["bus/pictures-outlive-their-worker"], () => {
    const lent: Uint8Array[] = [];
    return {
      loan: ({ planes }) => {
        lent.push(...planes);
        return {};
      },
      committer: (committer) => ({
        retireLane: (lane, reason) => {
          for (const plane of lent) plane.fill(0);
          committer.retireLane(lane, reason);
        },
      }),
    };
  }),
  busMutant("ends-with-its-writer", ["bus/closing-a-writer-ends-nothing"], () => {
    let committer: Committer | undefined;
    return {
      committer: (made) => {
        committer = made;
        return {};
      },
      writer: () => ({ [Symbol.asyncDispose]: async () => committer?.[Symbol.asyncDispose]() }),
    };
  }),
];

/** Beginnings and ends gone wrong. */
export const lifeMutants = [
  busMutant("lets-readers-wait-for-ever", ["bus/disposal-makes-readers-stale"], () => ({
    reader: (reader) => ({
      at: (tick, signal) =>
        reader
          .at(tick, signal)
          .catch((error) => (PlayoutError.is(error, "BusStale") ? never : Promise.reject(error))),
    }),
  })),
  busMutant("answers-after-it-was-closed", ["bus/use-after-dispose-is-closed"], () => ({
    reader: (reader) => {
      const head = reader.head();
      return { head: () => head };
    },
  })),
  busMutant("takes-the-name-over", ["bus/second-bus-of-a-name-is-refused"], () => ({
    bus: (bus) => {
      let last: Committer | undefined;
      return {
        create: async (spec, signal) => {
          await last?.[Symbol.asyncDispose]();
          last = await bus.create(spec, signal);
          return last;
        },
      };
    },
  })),
  busMutant("mixes-channels-up", ["bus/channels-are-apart"], () => ({
    bus: (bus) => ({
      openReader: (address, options, signal) => bus.openReader({ ...address, channelId: 1 }, options, signal),
    }),
  })),
  busMutant("bends-specs-into-range", ["bus/impossible-spec-is-refused"], () =>
    otherSpec((spec) => ({ leadTicks: Math.min(1_000, Math.max(2, spec.leadTicks)) })),
  ),
  busMutant("opens-for-nobody", ["bus/aborted-opening-leaves-nothing"], () => ({
    bus: (bus) => ({
      openReader: async (address, options, signal) => {
        await bus.openReader(address, options, new AbortController().signal);
        return bus.openReader(address, options, signal);
      },
    }),
  })),
  busMutant("guesses-its-memory", ["bus/memory-is-computed-from-the-spec"], () => ({
    bus: () => ({ memoryBytes: () => 64_000_000 }),
  })),
];

/** Reports gone wrong. */
export const reportMutants = [
  busMutant("counts-no-holds", ["bus/counters-tell-what-happened"], () => ({
    committer: (committer) => ({
      counters: () => {
        const counters = committer.counters();
        return { ...counters, standIns: { ...counters.standIns, hold: 0 } };
      },
    }),
  })),
  busMutant(
    "tells-everything-twice",
    ["bus/events-come-once-per-episode", "bus/refusals-are-told-once-per-episode"],
    () => ({
      committer: (committer) => ({
        onEvent: (listener) => {
          const twice = (event: CommitterEvent) => {
            listener(event);
            listener(event);
          };
          return committer.onEvent(twice);
        },
      }),
    }),
  ),
  busMutant("keeps-what-a-stand-in-becomes-to-itself", ["bus/what-a-stand-in-becomes-is-told"], () => ({
    committer: (committer) => ({
      onEvent: (listener) =>
        committer.onEvent((event) => {
          if (event.type !== "stand-in-changed") listener(event);
        }),
    }),
  })),
  busMutant(
    "takes-sound-alone-for-a-fault",
    ["bus/sound-alone-is-no-episode", "bus/stand-ins-are-counted-by-reason"],
    () => ({
      writer: (writer) => ({
        submit: (tick, picture, sound, meta) => {
          const isSoundOnly = meta.standInReason === "soundOnly";
          writer.submit(tick, picture, sound, isSoundOnly ? { ...meta, standInReason: "late" } : meta);
        },
      }),
    }),
  ),
  busMutant("puts-all-down-to-one-reason", ["bus/stand-ins-are-counted-by-reason"], () => ({
    committer: (committer) => ({
      counters: () => {
        const counters = committer.counters();
        const { hold, slate, black } = counters.standIns;
        return {
          ...counters,
          standInsBy: { hold: { hung: hold }, slate: { hung: slate }, black: { hung: black } },
        };
      },
    }),
  })),
  busMutant("hears-sound-where-a-stand-in-is-silent", ["bus/tells-how-far-sound-is-whole"], () => ({
    committer: (committer) => ({
      counters: () => ({ ...committer.counters(), soundThrough: committer.head() }),
    }),
  })),
  busMutant("keeps-its-listeners", ["bus/removed-listener-hears-nothing"], () => ({
    committer: (committer) => ({
      onEvent: (listener) => {
        committer.onEvent(listener);
        return { [Symbol.dispose]: () => {} };
      },
    }),
  })),
  busMutant("remembers-all-sound", ["bus/nothing-grows"], () => {
    const remembered: Float32Array[] = [];
    return {
      writer: (writer) => ({
        submit: (tick, picture, sound, meta) => {
          for (const samples of sound?.channels ?? []) remembered.push(samples.slice());
          writer.submit(tick, picture, sound, meta);
        },
      }),
    };
  }),
];
