import { PlayoutError, pixelFormats, planesOf, rowsOf } from "@retrovue/core";
import { blockRect, placePicture } from "@retrovue/core/testing";
import { ensure, equal } from "../../framework/check.js";
import {
  type ConformerRule,
  canary,
  flatPicture,
  lentBuffer,
  markedPicture,
  plain,
  rowOf,
  sourceFormat,
  suiteFormat,
} from "../subject.js";
import { black, expectBlack, markIn, shapes } from "./shown.js";

/** Filling a buffer with a picture. */
export const pictureRules: readonly ConformerRule[] = [
  {
    id: "conformer/fills-the-whole-buffer",
    reason: "Buffers are used again: whatever is not written shows an older picture, or green.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const aspect of ["preserve", "stretch", "crop"] as const) {
        for (const format of shapes) {
          // No value of the source is near the canary, so that one left over is seen.
          const source = flatPicture(format, [90, 100, 150]);
          const buffer = lentBuffer();
          await conformer.picture(source, buffer, { ...plain, aspect }, signal);
          planesOf(suiteFormat.pixelFormat).forEach((layout, plane) => {
            for (let y = 0; y < rowsOf(layout, suiteFormat.height); y++) {
              ensure(
                !rowOf(buffer, plane, y).includes(canary),
                `${aspect} of ${format.width}×${format.height}: row ${y} of plane ${plane} is written`,
              );
            }
          });
        }
      }
    },
  },
  {
    id: "conformer/writes-nothing-beyond-its-rows",
    reason: "What lies between rows may belong to someone else: another plane, a header, a neighbour.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const layouts = planesOf(suiteFormat.pixelFormat);
      const whole = lentBuffer();
      const planes = whole.planes.map((plane) => new Uint8Array(plane.length + 128).fill(canary));
      const inner = planes.map((plane) => plane.subarray(64, plane.length - 64));
      await conformer.picture(markedPicture(shapes[0], 1), { ...whole, planes: inner }, plain, signal);
      layouts.forEach((_, index) => {
        const plane = planes[index] ?? new Uint8Array(0);
        const edges = [...plane.subarray(0, 64), ...plane.subarray(plane.length - 64)];
        ensure(
          edges.every((value) => value === canary),
          `nothing is written around plane ${index}`,
        );
      });
    },
  },
  {
    id: "conformer/bars-are-exactly-black",
    reason: "Bars of any other value show on every screen, and change at every seam.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const buffer = lentBuffer();
      await conformer.picture(flatPicture(shapes[0], [180, 90, 170]), buffer, plain, signal);
      // 4:3 in 320×180 is 240 wide: 40 columns on each side, of which the last two may blend.
      planesOf(suiteFormat.pixelFormat).forEach((layout, plane) => {
        const bar = (40 >> layout.log2X) - 2;
        for (let y = 0; y < rowsOf(layout, suiteFormat.height); y++) {
          const row = rowOf(buffer, plane, y);
          const sides = [...row.subarray(0, bar), ...row.subarray(row.length - bar)];
          ensure(
            sides.every((value) => value === black[plane]),
            `bars of plane ${plane}, row ${y}, are ${black[plane]}`,
          );
        }
      });
    },
  },
  {
    id: "conformer/circles-stay-round",
    reason: "Sample aspect and shape decide where a picture lies, to a pixel, under each policy.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const aspect of ["preserve", "stretch", "crop"] as const) {
        for (const [frame, format] of shapes.entries()) {
          const buffer = lentBuffer();
          const place = placePicture(format, suiteFormat, aspect);
          const grid = blockRect(format);
          const scale = { x: place.width / format.width, y: place.height / format.height };
          const expected = {
            x: place.x + grid.x * scale.x,
            y: place.y + grid.y * scale.y,
            width: grid.width * scale.x,
            height: grid.height * scale.y,
          };
          // Cut so far that the grid itself is hurt, the place cannot be read.
          if (expected.y < 8 || expected.x < 8) continue;
          await conformer.picture(markedPicture(format, frame), buffer, { ...plain, aspect }, signal);
          const what = `${aspect} of ${format.width}×${format.height}`;
          const found = markIn(buffer, what);
          equal(found.frame, frame, `${what}: number`);
          for (const side of ["x", "y", "width", "height"] as const) {
            const off = found.rect[side] - expected[side];
            // Places lie on the grid of colour samples, two pixels wide; where two are as near, either is right.
            ensure(Math.abs(off) <= 2.5, `${what}: ${side} is ${off.toFixed(1)} pixels off`);
          }
        }
      }
    },
  },
  {
    id: "conformer/rotation-is-applied",
    reason: "Phones write pictures lying on their side; players turn them clockwise by the given angle.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const rotation of [0, 90, 180, 270] as const) {
        const buffer = lentBuffer();
        const source = markedPicture(sourceFormat({ width: 192, height: 128, rotation }), 7);
        await conformer.picture(source, buffer, plain, signal);
        equal(markIn(buffer, `rotation ${rotation}`).turned, rotation, "the mark is turned clockwise by");
      }
    },
  },
  {
    id: "conformer/the-same-format-is-untouched",
    reason: "A picture that is right already must pass bit for bit.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const source = markedPicture(sourceFormat(), 9);
      const buffer = lentBuffer();
      await conformer.picture(source, buffer, plain, signal);
      planesOf(suiteFormat.pixelFormat).forEach((layout, plane) => {
        const from = source.planes[plane] ?? new Uint8Array(0);
        const stride = source.strides[plane] ?? 0;
        for (let y = 0; y < rowsOf(layout, suiteFormat.height); y++) {
          const row = rowOf(buffer, plane, y);
          const same = Buffer.compare(row, from.subarray(y * stride, y * stride + row.length)) === 0;
          ensure(same, `row ${y} of plane ${plane} is unchanged`);
        }
      });
    },
  },
  {
    id: "conformer/alpha-zero-is-exactly-black",
    reason: "A fade-in that begins a step above black flashes, and one undimmed picture more so.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const format of [sourceFormat(), shapes[0]]) {
        const buffer = lentBuffer();
        await conformer.picture(flatPicture(format, [235, 40, 220]), buffer, { ...plain, alpha: 0 }, signal);
        expectBlack(buffer, `${format.width}×${format.height} at alpha 0`);
      }
    },
  },
  {
    id: "conformer/alpha-dims-in-proportion",
    reason: "A fade is linear from black: brightness and colour go together.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      const values = [216, 88, 198];
      for (const alpha of [0.1, 0.25, 0.5, 0.9]) {
        const buffer = lentBuffer();
        await conformer.picture(flatPicture(sourceFormat(), values), buffer, { ...plain, alpha }, signal);
        planesOf(suiteFormat.pixelFormat).forEach((_, plane) => {
          const base = black[plane] ?? 128;
          const expected = base + ((values[plane] ?? 128) - base) * alpha;
          const value = rowOf(buffer, plane, 40)[40] ?? -1;
          ensure(
            Math.abs(value - expected) <= 1.01,
            `plane ${plane} at alpha ${alpha} is ${value}, not ${expected}`,
          );
        });
      }
    },
  },
  {
    id: "conformer/each-field-can-be-shown",
    reason: "At a field rate each field is a picture of its own; mixed fields comb and judder.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const fieldOrder of ["top-first", "bottom-first"] as const) {
        for (const [index, field] of (["first", "second"] as const).entries()) {
          const buffer = lentBuffer();
          const source = markedPicture(sourceFormat({ fieldOrder }), 20);
          await conformer.picture(source, buffer, { ...plain, field }, signal);
          equal(markIn(buffer, `${field} field`).frame, 20 + index, `${field} field of ${fieldOrder}`);
        }
      }
    },
  },
  {
    id: "conformer/odd-sizes-have-clean-edges",
    reason: "Half a colour sample at the edge turns green where it is read from beyond the plane.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const [width, height] of [
        [161, 121],
        [853, 479],
        [321, 181],
      ] as const) {
        const buffer = lentBuffer();
        const source = flatPicture(sourceFormat({ width, height }), [120, 110, 140]);
        await conformer.picture(source, buffer, { ...plain, aspect: "stretch" }, signal);
        planesOf(suiteFormat.pixelFormat).forEach((layout, plane) => {
          const expected = [120, 110, 140][plane] ?? 128;
          for (const y of [0, rowsOf(layout, suiteFormat.height) - 1]) {
            ensure(
              rowOf(buffer, plane, y).every((value) => Math.abs(value - expected) <= 2),
              `${width}×${height}: row ${y} of plane ${plane} is all ${expected}`,
            );
          }
        });
      }
    },
  },
  {
    id: "conformer/every-pixel-format-is-shown-or-refused",
    reason: "A layout taken for another one is noise on air; one that is not known must be refused.",
    check: async (subject, signal) => {
      const conformer = await subject.open(signal);
      for (const [frame, pixelFormat] of pixelFormats.entries()) {
        const source = markedPicture(sourceFormat({ width: 192, height: 108, pixelFormat }), frame);
        const buffer = lentBuffer();
        const error = await conformer
          .picture(source, buffer, plain, signal)
          .catch((failure: unknown) => failure);
        if (error === undefined) equal(markIn(buffer, pixelFormat).frame, frame, `number in ${pixelFormat}`);
        else
          ensure(
            PlayoutError.is(error, "UnsupportedMedia"),
            `${pixelFormat} is refused with ${String(error)}`,
          );
      }
    },
  },
];
