import {
  type AspectPolicy,
  type Conformer,
  type PictureBuffer,
  type PictureFrame,
  type PictureTreatment,
  PlayoutError,
  type SoundConformer,
} from "@retrovue/core";
import { compactMarkBytes } from "@retrovue/core/testing";

/** What a conformer notes in a picture's first bytes of colour: how it was treated. Zero and 128 are no notes. */
export const aspectNotes: readonly AspectPolicy[] = ["preserve", "stretch", "crop"];
export const fieldNotes: readonly PictureTreatment["field"][] = ["both", "first", "second"];

/** The first note; nothing that a decoder draws. */
const noteBase = 200;

/** A treatment as it was noted; undefined in a picture that was not conformed. */
export interface TreatmentNote {
  readonly aspect: AspectPolicy;
  readonly field: PictureTreatment["field"];
}

/** Reads what a conformer noted. */
export function readNote(planes: readonly Uint8Array[]): TreatmentNote | undefined {
  const colour = planes[1];
  const aspect = aspectNotes[(colour?.[0] ?? 0) - noteBase];
  const field = fieldNotes[(colour?.[1] ?? 0) - noteBase];
  return aspect === undefined || field === undefined ? undefined : { aspect, field };
}

/**
 * A conformer that copies the mark of a picture and notes how it was told to treat it, whatever the formats. Sound is another
 * conformer's.
 */
export class NotingConformer implements Conformer {
  readonly #sound: Conformer;
  readonly #isStuck: (from: PictureFrame) => boolean;

  /** @param isStuck asked for each picture: true where conforming it never ends */
  constructor(sound: Conformer, isStuck: (from: PictureFrame) => boolean) {
    this.#sound = sound;
    this.#isStuck = isStuck;
  }

  get format(): Conformer["format"] {
    return this.#sound.format;
  }

  async picture(
    from: PictureFrame,
    into: PictureBuffer,
    how: PictureTreatment,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) throw PlayoutError.from(signal.reason, "Cancelled");
    if (this.#isStuck(from)) await untilAborted(signal);
    const [source, target, colour] = [from.planes[0], into.planes[0], into.planes[1]];
    if (source === undefined || target === undefined || colour === undefined) return;
    for (let i = 0; i < compactMarkBytes; i++) target[i] = source[i] ?? 0;
    target[compactMarkBytes - 1] = Math.round(how.alpha * 255);
    colour[0] = noteBase + aspectNotes.indexOf(how.aspect);
    colour[1] = noteBase + fieldNotes.indexOf(how.field);
  }

  openSound(...args: Parameters<Conformer["openSound"]>): SoundConformer {
    return this.#sound.openSound(...args);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#sound[Symbol.asyncDispose]());
  }
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () => reject(PlayoutError.from(signal.reason, "Cancelled"));
    signal.addEventListener("abort", stop, { once: true });
  });
