import {
  BufferSupply,
  type BusSpec,
  type Committer,
  defaultProgramFormat,
  type FrameWriter,
  HouseGrid,
  type Nanoseconds,
  type Tick,
  tickAfter,
} from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";

/** As many as a decoder of 1080p keeps with its references, its pictures ahead and those at hand. */
const directReferences = 24;
const leadTicks = 16;
const historyTicks = 16;
/** Pictures that the bus has room for (core: memory-layout.ts). */
export const benchBusBuffers = leadTicks + historyTicks + directReferences + 4;
/** Until the first tick: a reader's process has started by then. */
const startTicks = 90;
const never = new AbortController().signal;

let busesMade = 0;

/** A bus in shared memory with one worker's end, in this process. */
export class BenchBus implements AsyncDisposable {
  readonly spec: BusSpec;
  readonly committer: Committer;
  readonly writer: FrameWriter;
  readonly supply: BufferSupply;
  readonly grid: HouseGrid;
  /** First tick, where the bus is started. */
  readonly first: Tick;

  private constructor(spec: BusSpec, committer: Committer, writer: FrameWriter) {
    this.spec = spec;
    this.committer = committer;
    this.writer = writer;
    const { format, mapping } = spec;
    this.supply = new BufferSupply({ writer, format, buffersMax: directReferences, fits: () => true });
    this.grid = new HouseGrid(format.frameRate, format.sampleRate);
    this.first = tickAfter(this.grid.tickAtOrBefore(mapping.houseAnchor), startTicks);
  }

  /** @param speed house seconds a second; 0: time stands still and nothing is committed */
  static async open(speed: number): Promise<BenchBus> {
    const format = { ...defaultProgramFormat, frameRate: { num: 30, den: 1 } };
    const houseAnchor = 1_800_000_000_000_000_000n as Nanoseconds;
    const spec: BusSpec = {
      engineId: `bench-${process.pid}-${++busesMade}`,
      channelId: 1,
      format,
      leadTicks,
      historyTicks,
      directReferences,
      mapping: {
        sequence: 1,
        monoAnchor: process.hrtime.bigint() as Nanoseconds,
        houseAnchor,
        ratePpb: Math.round((speed - 1) * 1e9),
      },
    };
    const bus = new ShmFrameBus();
    const committer = await bus.create(spec, never);
    const writer = await bus.openWriter(committer.openLane(), never);
    const made = new BenchBus(spec, committer, writer);
    // Loans arrive before the next turn of the loop: decoding begins with buffers at hand.
    await new Promise((resolve) => setImmediate(resolve));
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.supply[Symbol.dispose]();
    await this.writer[Symbol.asyncDispose]();
    await this.committer[Symbol.asyncDispose]();
  }
}
