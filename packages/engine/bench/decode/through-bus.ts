import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { endOfMedia, mediaTime, tickAfter } from "@retrovue/core";
import { metaOf } from "@retrovue/core/testing";
import { BenchBus } from "./bench-bus.ts";
import { decoders } from "./own-run.ts";

const never = new AbortController().signal;

/** House time runs at twice its pace: a run is short, and one core still keeps up with every codec. */
export const speed = 2;

const meta = metaOf({ assetUri: "/bench", mediaTime: mediaTime(0n), decoderIndex: 0 });

/**
 * Milliseconds of computing that a frame takes from the file to a reader in another process: decoding, handing over,
 * committing, waking and reading, all threads of both processes, at the pace of a clock.
 */
export async function cpuThroughBus(path: string, frames: number): Promise<number> {
  await using bus = await BenchBus.open(speed);
  const { committer, writer, grid, first, spec } = bus;
  await using decoder = await decoders.open({ uri: path }, { supply: bus.supply }, never);
  committer.start(first);
  const last = tickAfter(first, frames - 2);
  const program = join(import.meta.dirname, "reader-program.ts");
  const reader = spawn(process.execPath, [program, spec.engineId, "1", String(last)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = new Promise((resolve) => reader.once("close", resolve));
  const lines = createInterface({ input: reader.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const before = process.cpuUsage();
  let shown = 0;
  for (let n = 0; n < frames; n++) {
    const picture = await decoder.readPicture(mediaTime(-1n), {}, never);
    if (picture === endOfMedia) break;
    const tick = tickAfter(first, n);
    const houseNs = Number(process.hrtime.bigint() - spec.mapping.monoAnchor) * speed;
    const dueNs = Number(grid.tickTime(tick) - spec.mapping.houseAnchor) - 12 * Number(grid.length(1));
    if (dueNs > houseNs) await sleep((dueNs - houseNs) / speed / 1e6);
    const hold = picture.holdBuffer?.();
    if (hold !== undefined) shown++;
    writer.submit(tick, hold ?? "black", undefined, meta);
    hold?.release();
    picture.release();
  }
  const said = await lines.next();
  const own = process.cpuUsage(before);
  await closed;
  const [readerMicros = Number.NaN] = String(said.value).split(" ").map(Number);
  if (shown < frames * 0.9) throw new Error(`only ${shown} of ${frames} pictures came through the bus`);
  return (own.user + own.system + readerMicros) / frames / 1_000;
}
