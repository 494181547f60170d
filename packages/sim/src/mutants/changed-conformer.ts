import type { Conformer, SoundConformer } from "@retrovue/core";

/** A conformer that does some of its work in another way. */
export const changedConformer = (
  conformer: Conformer,
  change: Partial<Pick<Conformer, "picture" | "openSound">>,
): Conformer => ({
  format: conformer.format,
  picture: (...args) => conformer.picture(...args),
  openSound: (...args) => conformer.openSound(...args),
  [Symbol.asyncDispose]: () => Promise.resolve(conformer[Symbol.asyncDispose]()),
  ...change,
});

/** A conformer whose sounds are pulled in another way; asked once for each. */
export const changedPull = (
  conformer: Conformer,
  pull: (sound: SoundConformer) => SoundConformer["pull"],
): Conformer =>
  changedConformer(conformer, {
    openSound: (...args) => {
      const sound = conformer.openSound(...args);
      return {
        push: (block) => sound.push(block),
        end: () => sound.end(),
        get available() {
          return sound.available;
        },
        pull: pull(sound),
        debt: (samples) => sound.debt(samples),
        [Symbol.dispose]: () => sound[Symbol.dispose](),
      };
    },
  });
