import {
  type EncodeSettings,
  nanoseconds,
  PlayoutError,
  type ProgramFormat,
  rational,
  soundFaults,
} from "@retrovue/core";
import { renderFormat, renderSettings } from "@retrovue/plugin-contract";
import { expect, test } from "vitest";
import { encodeSpec } from "../src/encode-spec.js";
import { fromNative, loadNative } from "../src/native.js";
import { defaultOptions } from "../src/options.js";

const sampleRates = [
  8_000, 11_025, 12_000, 12_345, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 96_000,
  192_000,
];
const bitrates = [16, 100, 128, 144, 192, 384, 640, 1_536];
/** Which each codec takes at any of its rates. */
const usual = 160;

/** Why no encoder takes it; undefined where one does. */
function refusal(format: ProgramFormat, audio: EncodeSettings["audio"]): string | undefined {
  const spec = encodeSpec(format, { ...renderSettings, audio }, defaultOptions);
  const mapping = { sequence: 1, monoAnchor: nanoseconds(0n), houseAnchor: nanoseconds(0n), ratePpb: 0 };
  try {
    new (loadNative().Line)(spec, 0, mapping, undefined, () => {}).close();
    return undefined;
  } catch (thrown) {
    const error = fromNative(thrown);
    if (!PlayoutError.is(error, "UnsupportedMedia")) throw thrown;
    return error.what;
  }
}

test.each(["aac", "mp2", "ac3"] as const)(
  "renderer/what-%s-takes-is-what-core-says",
  (codec) => {
    for (const sampleRate of sampleRates)
      for (const channels of [1, 2, 3, 4, 5, 6, 7, 8])
        for (const bitrateKbps of channels === 2 ? [usual, ...bitrates] : [usual]) {
          const format = { ...renderFormat, frameRate: rational(25, 1), sampleRate, channels };
          const audio = { codec, bitrateKbps };
          const said = soundFaults({ format, audio });
          // Libav encodes them with a layout of their own, which nobody could decode from our stream.
          const isUnnamed = codec === "aac" && (channels === 3 || channels === 7);
          const what = `${codec} ${sampleRate} ${channels} ${bitrateKbps}`;
          expect([what, isUnnamed || refusal(format, audio) !== undefined]).toEqual([what, said.length > 0]);
        }
  },
  60_000,
);
