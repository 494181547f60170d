import { orAbort, PlayoutError } from "@retrovue/core";
import type { NativePicture, NativePictures, OpenSession, Session } from "@retrovue/decoder-libav/shell";
import type { HardwareModule } from "./native.js";
import type { Comparison, FirstFrames } from "./trust/first-frames.js";

/** What pictures are proven with. */
export interface ProvenPicturesOptions {
  /** The device's. */
  readonly session: Session;
  readonly native: Pick<HardwareModule, "comparePictures">;
  readonly firstFrames: FirstFrames;
  /** Opens the same asset in software, at its zero. */
  readonly openReference: (signal: AbortSignal) => Promise<OpenSession>;
  /** Told once, before the read that would have given the picture rejects. */
  readonly onDifferent: (why: string, demote: boolean) => void;
}

/** Pictures that a session holds for this beyond those that the caller may hold: one that is being proven, and its successor. */
export const picturesHeldToProve = 2;

/** A picture that has left the session and not been given out. */
interface Kept {
  readonly picture: NativePicture;
  readonly wantedNs: bigint;
  /** Settles when it may be given out, or must not be. */
  readonly proof: Promise<void>;
}

/** A picture at another time than the software's is none that can be compared. */
const elsewhere: Comparison = { exact: false, psnrDb: 0 };

/**
 * A device's pictures, of which the first are compared with software decode of the same asset before anyone sees them. As long as
 * that lasts a software decoder runs beside the device; then the pictures are passed on as they come.
 */
export class ProvenPictures implements NativePictures, AsyncDisposable {
  readonly #options: ProvenPicturesOptions;
  readonly #kept: Kept[] = [];
  readonly #closing = new AbortController();
  #reference: Promise<OpenSession> | undefined;
  /** True while the reference's next picture is the device's next, or a later one. */
  #isBeside = true;
  /** Proofs run one after another; this is the end of the last. */
  #proofs: Promise<unknown> = Promise.resolve();
  /** References that are closing. */
  readonly #leaving = new Set<Promise<void>>();
  #index = 0;
  /** Counts resets. */
  #turn = 0;
  #failure: PlayoutError | undefined;

  constructor(options: ProvenPicturesOptions) {
    this.#options = options;
  }

  async take(notBeforeNs: bigint, signals: readonly AbortSignal[]): Promise<NativePicture | null> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const [first] = this.#kept;
      if (first === undefined) {
        const picture = await this.#read(notBeforeNs, signals);
        if (picture === null) return null;
        const isDue = this.#isDue(picture);
        if (!isDue) return picture;
        this.#keep(picture, notBeforeNs, isDue);
        continue;
      }
      await signals.reduce<Promise<unknown>>((proof, signal) => orAbort(proof, signal), first.proof);
      if (notBeforeNs > first.wantedNs && first.picture.timeNs < notBeforeNs) {
        // An earlier read was given up, and this one may want a later picture: which one, the successor tells.
        const next = this.#kept[1]?.picture ?? (await this.#read(notBeforeNs, signals));
        if (next !== null && this.#kept.length === 1) this.#keep(next, notBeforeNs, this.#isDue(next));
        if (next !== null && next.timeNs <= notBeforeNs) {
          this.#letGo(this.#kept.shift());
          continue;
        }
      }
      this.#kept.shift();
      return first.picture;
    }
  }

  reset(): void {
    this.#turn += 1;
    for (const kept of this.#kept.splice(0)) this.#letGo(kept);
    this.#isBeside = false;
  }

  /** Ends the software decoder; the session is its owner's to close, after this. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new PlayoutError("Closed", "The decoder was disposed."));
    this.reset();
    await this.#proofs;
    this.#closeReference();
    await Promise.all(this.#leaving);
  }

  async #read(notBeforeNs: bigint, signals: readonly AbortSignal[]): Promise<NativePicture | null> {
    const { session } = this.#options;
    const turn = this.#turn;
    const picture = await session.ask((it) => it.readPicture(notBeforeNs), signals);
    if (turn === this.#turn) return picture;
    // A seek, or the end, came between the answer and here.
    if (picture !== null) session.direct.releasePicture(picture);
    throw new PlayoutError("Cancelled", "A seek has overtaken this read.");
  }

  #isDue({ parameters }: NativePicture): boolean {
    this.#index += 1;
    return this.#options.firstFrames.isDue(parameters);
  }

  /** Holds back a picture, the last that was asked about; proves it if it `isDue`. */
  #keep(picture: NativePicture, wantedNs: bigint, isDue: boolean): void {
    const index = this.#index - 1;
    const proof = this.#proofs.then(() => (isDue ? this.#prove(picture, index) : undefined));
    // Whoever reads hears of it; where nobody does, the picture was never seen.
    this.#proofs = proof.catch(() => {});
    this.#kept.push({ picture, wantedNs, proof });
  }

  #letGo(kept: Kept | undefined): void {
    if (kept !== undefined) this.#options.session.direct.releasePicture(kept.picture);
  }

  async #prove(picture: NativePicture, index: number): Promise<void> {
    const { firstFrames, openReference, onDifferent } = this.#options;
    if (!this.#kept.some((kept) => kept.picture === picture)) return;
    this.#reference ??= openReference(this.#closing.signal);
    const { session } = await this.#reference;
    const signals = [this.#closing.signal];
    if (!this.#isBeside) {
      session.direct.seek(picture.timeNs);
      await session.ask((it) => it.sought() || undefined, signals);
      this.#isBeside = true;
    }
    const other = await session.ask((it) => it.readPicture(picture.timeNs), signals);
    // A seek has come between, and the picture has gone back.
    const isWanted = this.#kept.some((kept) => kept.picture === picture);
    const comparison = isWanted ? await this.#compare(picture, other) : undefined;
    if (other !== null) session.direct.releasePicture(other);
    if (comparison === undefined) return;
    const concealed = picture.concealed || other?.concealed === true;
    const verdict = firstFrames.judge(comparison, { index, concealed });
    if (verdict.is === "different") {
      this.#failure = new PlayoutError("DecodeFailed", verdict.why, { details: { refusal: "distrusted" } });
      onDifferent(verdict.why, verdict.demote);
      throw this.#failure;
    }
    if (!firstFrames.isWatching) this.#closeReference();
  }

  async #compare(picture: NativePicture, other: NativePicture | null): Promise<Comparison> {
    if (other === null || other.timeNs !== picture.timeNs) return elsewhere;
    try {
      return await this.#options.native.comparePictures(picture, other);
    } catch {
      // Of another format or size.
      return elsewhere;
    }
  }

  #closeReference(): void {
    const reference = this.#reference;
    this.#reference = undefined;
    this.#isBeside = false;
    if (reference === undefined) return;
    const leaving = reference
      .then(({ session }) => session.close())
      .catch(() => {})
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}
