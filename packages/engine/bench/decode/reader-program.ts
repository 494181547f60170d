// Follows a bus as a process of its own: says "ready", reads every tick up to `last`, says its computing time in µs.
import type { BusAddress } from "@retrovue/core";
import { ShmFrameBus } from "@retrovue/framebus-shm";

const [engineId = "", channelId = "1", last = "0"] = process.argv.slice(2);
const address: BusAddress = { engineId, channelId: Number(channelId) };
const never = new AbortController().signal;

const reader = await new ShmFrameBus().openReader(address, { name: "bench" }, never);
process.stdout.write("ready\n");
const before = process.cpuUsage();
let seen = 0;
for (;;) {
  const read = await reader.next(never);
  if (read.overrun) continue;
  seen += read.picture.planes[0]?.[0] === undefined ? 0 : 1;
  read.release();
  if (read.tick >= Number(last)) break;
}
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${user + system} ${seen}\n`);
await reader[Symbol.asyncDispose]();
