import type { FrameMeta, FrameWriter, PictureBuffer, Tick, TickSound } from "@retrovue/core";

/** One tick as it is handed over. */
export interface Submission {
  readonly tick: Tick;
  readonly picture: PictureBuffer | "slate" | "black";
  readonly sound: TickSound | undefined;
  readonly meta: FrameMeta;
}

/** A lane that hands over something else than it is given. */
export const changedSubmit = (
  writer: FrameWriter,
  change: (submission: Submission) => Submission,
): FrameWriter => ({
  loan: (signal) => writer.loan(signal),
  submit: (tick, picture, sound, meta) => {
    const changed = change({ tick, picture, sound, meta });
    writer.submit(changed.tick, changed.picture, changed.sound, changed.meta);
  },
  onRefused: (listener) => writer.onRefused(listener),
  head: () => writer.head(),
  [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
});

/** A lane whose metas are not what the channel says. */
export const changedMeta = (writer: FrameWriter, change: (meta: FrameMeta) => FrameMeta): FrameWriter =>
  changedSubmit(writer, ({ meta, ...rest }) => ({ ...rest, meta: change(meta) }));
