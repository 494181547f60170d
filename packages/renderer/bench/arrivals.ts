import { HouseGrid, ptsModulus, ptsOfTick, rational, type Tick } from "@retrovue/core";

const packetBytes = 188;
const picturePid = 0x100;

/** Watches when pictures of a stream arrive, against the house time at which their tick is shown (one clock on one host). */
export class Arrivals {
  /** Pictures that came, without those of the kept group that a viewer begins with. */
  pictures = 0;
  /** Of those, how many came more than `lateMs` after their tick's time. */
  late = 0;
  /** Ticks between two pictures that had none. */
  missing = 0;
  worstMs = Number.NEGATIVE_INFINITY;
  readonly #lateMs: number;
  readonly #grid = new HouseGrid(rational(30, 1), 48_000);
  #rest: Buffer = Buffer.alloc(0);
  #tick: Tick | undefined;

  /** @param lateMs a picture at 30 fps lasts 33 ms; what comes a picture too late starves a receiver that has no reserve */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
  }

  take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (; at + packetBytes <= all.length; at += packetBytes)
      this.#packet(all.subarray(at, at + packetBytes));
    this.#rest = all.subarray(at);
  }

  #packet(packet: Buffer): void {
    const isPicture = (packet.readUInt16BE(1) & 0x1fff) === picturePid;
    const isStart = ((packet[1] ?? 0) & 0x40) !== 0;
    if (!isPicture || !isStart) return;
    const field = ((packet[3] ?? 0) & 0x20) === 0 ? 4 : 5 + (packet[4] ?? 0);
    const pes = packet.subarray(field);
    const high = BigInt(((pes[9] ?? 0) >> 1) & 7) << 30n;
    const pts =
      high |
      BigInt(
        (((pes[10] ?? 0) << 22) |
          (((pes[11] ?? 0) >> 1) << 15) |
          ((pes[12] ?? 0) << 7) |
          ((pes[13] ?? 0) >> 1)) >>>
          0,
      );
    const now = BigInt(Date.now()) * 1_000_000n;
    const aired = this.#grid.tickAtOrBefore(now as never);
    const behind = ptsOfTick(this.#grid, aired) - pts;
    const wrapped = ((behind % ptsModulus) + ptsModulus + ptsModulus / 2n) % ptsModulus;
    const tick = (aired - Math.round(Number(wrapped - ptsModulus / 2n) / 3_000)) as Tick;
    const lateMs = Number(now - this.#grid.tickTime(tick)) / 1e6;
    const last = this.#tick;
    this.#tick = tick;
    // The kept group comes at once, and is old.
    if (this.pictures === 0 && lateMs > 100) return;
    this.pictures++;
    if (last !== undefined) this.missing += Math.max(0, tick - last - 1);
    this.worstMs = Math.max(this.worstMs, lateMs);
    if (lateMs > this.#lateMs) this.late++;
  }
}
