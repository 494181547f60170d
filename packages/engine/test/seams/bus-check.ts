import type { FrameLease, ProgramFormat } from "@retrovue/core";
import { type LumaView, readBlockMark } from "@retrovue/core/testing";
import type { ExpectedAir, ExpectedTick } from "./expected-air.ts";
import type { SeamReport } from "./seam-report.ts";
import { SoundMarks, type SoundPlace } from "./sound-marks.ts";

/** Brightness of black in 8 bits and limited range. */
const black = 16;
/** Samples that resampled or lossy sound may lie beside its place: rounding of the in-point, and of the search. */
const slackSamples = 1.1;
/** The search is that sure from so many samples on; what is shorter is looked at by the whole run as well. */
const sureSamples = 1_024;
const slackUnsure = 3;

/** Looks at every tick of a bus as any reader may, and believes no label: pictures and sound say what they are. */
export class BusCheck {
  readonly #sound: Float32Array[];
  readonly #marks: SoundMarks;
  readonly #air: ExpectedAir;
  readonly #format: ProgramFormat;
  readonly #report: SeamReport;
  #run: (ExpectedTick & SoundPlace & { readonly pieces: Float32Array[] }) | undefined;
  /** Where the run goes on. */
  #runPosition: number | undefined;

  constructor(air: ExpectedAir, format: ProgramFormat, report: SeamReport) {
    this.#air = air;
    this.#format = format;
    this.#report = report;
    const samplesMax = Math.ceil((format.sampleRate * format.frameRate.den) / format.frameRate.num) + 1;
    this.#sound = Array.from({ length: format.channels }, () => new Float32Array(samplesMax));
    this.#marks = new SoundMarks(format.sampleRate);
  }

  take(lease: FrameLease): void {
    const expected = this.#air.at(lease.tick);
    this.#report.ticks += 1;
    const { decoderIndex } = lease.meta;
    if (decoderIndex !== undefined)
      this.#report.ticksOf.set(decoderIndex, (this.#report.ticksOf.get(decoderIndex) ?? 0) + 1);
    this.#label(lease, expected);
    this.#soundOf(lease, expected);
    this.#picture(lease, expected);
  }

  /** Looks at what is left to look at, once there are no more ticks. */
  end(): void {
    this.#endRun();
  }

  /** What the slot says must be true as well. */
  #label({ meta }: FrameLease, expected: ExpectedTick): void {
    const { segment } = expected;
    if (segment < 0) return;
    const id = this.#air.segments[segment]?.id;
    const { standIn, standInReason } = meta;
    // An asset without pictures has the slate for its picture; that alone is as planned.
    const isSlate = expected.frame === undefined && standInReason === "soundOnly";
    if (standIn !== undefined && !isSlate)
      this.#report.tick("bus", expected, `the planned picture, found ${standIn} (${standInReason})`);
    if (meta.segmentId !== id)
      this.#report.tick("bus", expected, `the slot to name segment ${id}, found ${meta.segmentId}`);
  }

  #picture(lease: FrameLease, expected: ExpectedTick): void {
    const { width, height } = this.#format;
    const bytes = lease.picture.planes[0] ?? new Uint8Array();
    const stride = lease.picture.strides[0] ?? width;
    const view: LumaView = { bytes, offset: 0, stride, step: 1, width, height, shift: undefined };
    const mark = readBlockMark(view);
    const isBlack = bytes[Math.floor(height / 2) * stride + Math.floor(width / 2)] === black && !mark;
    if (lease.release() !== "intact")
      this.#report.tick("bus", expected, "a picture that stays while it is read");
    this.#report.pictures += 1;
    const found = mark ? `picture ${mark.frame} of asset ${mark.asset}` : isBlack ? "black" : "no mark";
    const wanted =
      expected.frame === undefined
        ? expected.clip === undefined
          ? "black"
          : "no mark"
        : `picture ${expected.frame} of asset ${expected.clip?.truth.pattern.id}`;
    if (found !== wanted) this.#report.tick("bus", expected, `${wanted}, found ${found}`);
  }

  #soundOf(lease: FrameLease, expected: ExpectedTick): void {
    const { grid } = this.#air;
    const { tick, samples } = lease;
    if (samples !== grid.samplesIn(tick) || lease.sampleStart !== grid.sampleAt(tick))
      this.#report.tick(
        "bus",
        expected,
        `its own share of samples, found ${samples} from ${lease.sampleStart}`,
      );
    if (lease.copySound(this.#sound, 0) !== "intact")
      this.#report.tick("bus", expected, "sound that stays while it is read");
    this.#report.samples += samples;
    const [first = new Float32Array()] = this.#sound;
    const heard = first.subarray(0, samples);
    const { clip, position } = expected;
    if (position === undefined || position !== this.#runPosition || clip !== this.#run?.clip) this.#endRun();
    if (clip === undefined || position === undefined) {
      if (heard.some((sample) => sample !== 0)) this.#report.tick("bus", expected, "silence, found sound");
      return;
    }
    const place = { ...expected, clip, position };
    const slack = samples < sureSamples ? slackUnsure : slackSamples;
    const fault = this.#marks.fault(heard, place, slack) ?? this.#marks.exactFault(heard, place);
    if (fault !== undefined) this.#report.tick("bus", expected, fault);
    this.#run ??= { ...place, pieces: [] };
    this.#run.pieces.push(heard.slice());
    this.#runPosition = position + samples;
  }

  /** A run of one clip's sound is looked at as a whole, too: what is long is found to a fraction of a sample. */
  #endRun(): void {
    const run = this.#run;
    this.#run = undefined;
    this.#runPosition = undefined;
    if (run === undefined) return;
    const heard = new Float32Array(run.pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of run.pieces) {
      heard.set(piece, at);
      at += piece.length;
    }
    if (heard.length < sureSamples) return;
    const fault = this.#marks.fault(heard, run, slackSamples);
    if (fault !== undefined) this.#report.tick("bus", run, `its whole run: ${fault}`);
  }
}
