import { planesOf, rowBytes, rowsOf } from "@retrovue/core";
import { ensure, equal } from "../../framework/check.js";
import {
  type DecoderRule,
  expectPicture,
  frameOf,
  nextPicture,
  picturesOf,
  wantsPictures,
} from "../reading.js";

/** What a decoder says of an asset and of its pictures. */
export const describingRules: readonly DecoderRule[] = [
  {
    id: "decoder/info-is-truthful",
    reason: "The channel sizes buffers and chooses resamplers by `info`; what it says must be what comes.",
    check: async (subject, signal) => {
      const { info } = await subject.open(signal);
      const { pictures, sound } = subject.clip.truth.pattern;
      ensure(info.container.length > 0, "the container has a name");
      equal(info.uri, subject.clip.uri, "uri");
      equal(info.picture !== undefined, pictures !== undefined, "has pictures");
      equal(info.sound !== undefined, sound !== undefined, "has sound");
      if (pictures && info.picture) {
        const { format } = info.picture;
        if (pictures.size)
          equal([format.width, format.height], [pictures.size.width, pictures.size.height], "size");
        equal(format.fieldOrder, pictures.fieldOrder, "field order");
        equal(format.rotation, pictures.rotation, "rotation");
        equal(format.sampleAspect, { ...pictures.sampleAspect }, "sample aspect");
        if (subject.clip.truth.lossless) equal(format.pixelFormat, pictures.pixelFormat, "pixel format");
      }
      if (sound && info.sound) {
        equal(info.sound.sampleRate, sound.sampleRate, "sample rate");
        equal(info.sound.channels, sound.channels, "channels");
      }
    },
  },
  {
    id: "decoder/duration-is-from-zero-to-the-end",
    reason: "CheckPlan and as-run compare segments with it; a duration that starts elsewhere misleads both.",
    check: async (subject, signal) => {
      const { info } = await subject.open(signal);
      if (info.duration === undefined) return;
      const { pattern, timeSlackNs, lossless, tailSamples } = subject.clip.truth;
      const { pictures, sound } = pattern;
      const end = pictures
        ? pictures.times.at(pictures.count)
        : sound && (BigInt(sound.samples) * 1_000_000_000n) / BigInt(sound.sampleRate);
      ensure(end !== undefined, "the clip has a stream");
      // A lossy container may know the last picture's length, or the padding of the last sound frame, only roughly.
      const picture = pictures ? pictures.times.at(1) - pictures.times.at(0) : 0n;
      const tail = sound ? (BigInt(tailSamples) * 1_000_000_000n) / BigInt(sound.sampleRate) : 0n;
      const slack = lossless ? timeSlackNs : picture + tail + timeSlackNs;
      const off = info.duration - end;
      ensure(off <= slack && off >= -slack, `the duration is ${off} ns off (${slack} allowed)`);
    },
  },
  {
    id: "decoder/planes-are-as-the-format-says",
    reason: "Conformers walk planes by format and stride; a short plane makes them read beyond its memory.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const decoder = await subject.open(signal);
      const picture = await nextPicture(decoder, signal);
      const { format } = picture;
      const layouts = planesOf(format.pixelFormat);
      equal(picture.planes.length, layouts.length, "planes");
      equal(picture.strides.length, layouts.length, "strides");
      layouts.forEach((layout, index) => {
        const stride = picture.strides[index] ?? 0;
        const bytes = rowBytes(layout, format.width);
        const rows = rowsOf(layout, format.height);
        ensure(stride >= bytes, `stride ${stride} of plane ${index} holds a row of ${bytes} bytes`);
        const length = picture.planes[index]?.length ?? 0;
        ensure(length >= (rows - 1) * stride + bytes, `plane ${index} holds all of its ${rows} rows`);
      });
      equal(
        [format.width, format.height, format.pixelFormat],
        [
          decoder.info.picture?.format.width,
          decoder.info.picture?.format.height,
          decoder.info.picture?.format.pixelFormat,
        ],
        "the picture's format against info",
      );
      picture.release();
    },
  },
  {
    id: "decoder/in-place-is-truthful",
    reason: "The channel submits its own buffer when `inPlace` is true, and copies when it is not.",
    notApplicable: wantsPictures,
    check: async (subject, signal) => {
      const wanted = (await subject.open(signal)).info.picture?.format;
      ensure(wanted, "info tells the picture's format");
      const decoder = await subject.open(signal, { wanted });
      const layouts = planesOf(wanted.pixelFormat);
      const strides = layouts.map((layout) => rowBytes(layout, wanted.width) + 64);
      const canary = 0xab;
      const planes = layouts.map((layout, index) =>
        new Uint8Array((strides[index] ?? 0) * rowsOf(layout, wanted.height)).fill(canary),
      );
      const into = { planes, strides, index: 0, release() {} };
      for (let n = 0; n < Math.min(3, picturesOf(subject).count); n++) {
        for (const plane of planes) plane.fill(canary);
        const picture = await decoder.readPicture(lastTime(n, subject), { into }, signal);
        ensure(typeof picture === "object", "a picture came");
        if (picture.inPlace) {
          equal(frameOf({ ...into, format: wanted, time: picture.time }, subject), n, "in the buffer");
          equal(picture.format, wanted, "an in-place picture has the wanted format");
        } else {
          ensure(
            picture.planes.every((plane) => planes.every((own) => plane.buffer !== own.buffer)),
            "a picture that is not in place does not lie in the caller's buffer",
          );
        }
        expectPicture(picture, n, subject, "in place");
      }
    },
  },
];

const lastTime = (n: number, subject: Parameters<typeof picturesOf>[0]) =>
  picturesOf(subject).times.at(Math.max(0, n - 1));
