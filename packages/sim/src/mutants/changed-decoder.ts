import type { Decoder, DecoderFactory } from "@retrovue/core";

/** Decoders that do some of their work in another way; `change` is asked once for each that is opened. */
export const changedDecoder = (
  inner: DecoderFactory,
  change: (decoder: Decoder) => Partial<Decoder>,
): DecoderFactory => ({
  probe: (...args) => inner.probe(...args),
  open: async (...args) => {
    const decoder = await inner.open(...args);
    return {
      info: decoder.info,
      seek: (...given) => decoder.seek(...given),
      readPicture: (...given) => decoder.readPicture(...given),
      readSound: (...given) => decoder.readSound(...given),
      [Symbol.asyncDispose]: () => Promise.resolve(decoder[Symbol.asyncDispose]()),
      ...change(decoder),
    };
  },
});
