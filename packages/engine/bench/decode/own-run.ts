import { dirname } from "node:path";
import { performance } from "node:perf_hooks";
import { type DecoderFactory, endOfMedia, mediaTime } from "@retrovue/core";
import { LibavDecoderFactory, parseOptions } from "@retrovue/decoder-libav";
import { BenchBus } from "./bench-bus.ts";
import { clipFolder } from "./clips.ts";

const never = new AbortController().signal;

/** One thread for the codec, so that work is compared and not its spreading. */
export const decoders: DecoderFactory = new LibavDecoderFactory([clipFolder], parseOptions({ threads: 1 }));

/** Each picture, whether or not anyone would see it. */
const every = mediaTime(-1n);

/** Pictures a second into buffers of a bus, opening not counted. Fails where one lay anywhere else. */
export async function rateIntoBus(path: string): Promise<number> {
  await using bus = await BenchBus.open(0);
  await using decoder = await decoders.open({ uri: path }, { supply: bus.supply }, never);
  const begun = performance.now();
  let count = 0;
  let elsewhere = 0;
  for (; ; count++) {
    const picture = await decoder.readPicture(every, {}, never);
    if (picture === endOfMedia) break;
    if (picture.holdBuffer === undefined) elsewhere++;
    picture.release();
  }
  const spent = performance.now() - begun;
  // While it opens a decoder decodes ahead of the buffers that it can be handed.
  if (elsewhere > count / 10) throw new Error(`${elsewhere} of ${count} pictures were not in the bus`);
  return (count * 1_000) / spent;
}

/** Milliseconds from nothing to the first picture of a file, each picture by one thread. */
export async function timeToFirstPicture(path: string): Promise<number> {
  const opener = new LibavDecoderFactory([dirname(path)], parseOptions({ threads: 1 }));
  const begun = performance.now();
  await using decoder = await opener.open({ uri: path }, {}, never);
  const picture = await decoder.readPicture(every, {}, never);
  const spent = performance.now() - begun;
  if (picture !== endOfMedia) picture.release();
  return spent;
}
