import { get } from "node:http";

/** Packets of pictures in the engine's streams. */
const picturePid = 0x100;

/** A viewer that keeps all it gets, and looks how far it has come. */
export class Recorder implements Disposable {
  readonly #pieces: Buffer[] = [];
  readonly #asked;
  #rest = Buffer.alloc(0);
  #lastPts = -1n;
  #ended: string | undefined;
  #answered = false;

  constructor(url: string) {
    this.#asked = get(url, { agent: false }, (response) => {
      this.#answered = response.statusCode === 200;
      if (!this.#answered) this.#ended = `answered ${response.statusCode}`;
      response.on("data", (piece: Buffer) => this.#take(piece));
      response.on("close", () => {
        this.#ended ??= "ended";
      });
    });
    this.#asked.on("error", (error) => {
      this.#ended ??= error.message;
    });
  }

  /** True once the stream is being delivered. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Why nothing comes any more; undefined while it may. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** PTS of the newest picture that has begun, −1 before the first. */
  get lastPts(): bigint {
    return this.#lastPts;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  [Symbol.dispose](): void {
    this.#asked.destroy();
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    let all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    for (; all.length >= 188; all = all.subarray(188)) this.#look(all.subarray(0, 188));
    this.#rest = Buffer.from(all);
  }

  #look(packet: Buffer): void {
    const head = packet.readUInt16BE(1);
    const control = packet[3] ?? 0;
    if ((head & 0x4000) === 0 || (head & 0x1fff) !== picturePid || (control & 0x10) === 0) return;
    const pes = packet.subarray((control & 0x20) === 0 ? 4 : 5 + (packet[4] ?? 0));
    if (((pes[7] ?? 0) & 0x80) === 0) return;
    const high = BigInt(((pes[9] ?? 0) >> 1) & 7) << 30n;
    const low = ((pes.readUInt16BE(10) >> 1) << 15) | (pes.readUInt16BE(12) >> 1);
    this.#lastPts = high | BigInt(low);
  }
}
