// Follows a bus as a process of its own: says "ready", reads every tick up to `last`, then says its computing time in µs from tick `from`
// on, how many ticks it read and how many of those were stand-ins.
import type { BusAddress } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";

const [engineId = "", channelId = "1", from = "0", last = "0"] = process.argv.slice(2);
const address: BusAddress = { engineId, channelId: Number(channelId) };
const never = new AbortController().signal;

const reader = await new ShmFrameBus().openReader(address, { name: "bench" }, never);
process.stdout.write("ready\n");
let before: NodeJS.CpuUsage | undefined;
let looked = 0;
let seen = 0;
let standIns = 0;
for (;;) {
  const read = await reader.next(never);
  if (read.overrun) continue;
  if (before === undefined && read.tick >= Number(from)) before = process.cpuUsage();
  for (const plane of read.picture.planes) looked += plane[0] ?? 0;
  seen++;
  if (read.meta.standIn !== undefined) standIns++;
  read.release();
  if (read.tick >= Number(last)) break;
}
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${user + system} ${seen} ${standIns} ${looked}\n`);
await reader[Symbol.asyncDispose]();
