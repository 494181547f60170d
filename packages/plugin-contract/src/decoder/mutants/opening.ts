import type { Decoder } from "@retrovue/core";
import type { Mutant } from "../../framework/mutants.js";
import type { DecoderSubject } from "../subject.js";
import { bothUri, factoryMutant, twisted } from "./making.js";

/** Decoders that probe or open wrongly. */
export const openingMutants: readonly Mutant<DecoderSubject>[] = [
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
];
