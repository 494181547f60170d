// What a multiplexer would say of a recorded stream: `node packages/renderer/bench/analyse-ts.ts FILE`.
import { readFileSync } from "node:fs";
import { parseTransportStream } from "@retrovue/plugin-contract";

/** ISO/IEC 13818-1, 2.4.3.2. */
const packetBits = 188 * 8;
const pcrPerSecond = 27e6;
const nullPid = 0x1fff;

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("Name a file: node packages/renderer/bench/analyse-ts.ts FILE");
const bytes = readFileSync(path);
const { clocks, faults, packets } = parseTransportStream(
  bytes.subarray(0, bytes.length - (bytes.length % 188)),
);
const [first] = clocks;
const last = clocks.at(-1);
if (first === undefined || last === undefined || first === last)
  throw new Error(`${path} has no two clocks.`);

const secondsTo = (pcr: bigint, from: bigint): number => Number(pcr - from) / pcrPerSecond;
const bitsBetween = (from: number, to: number): number => (to - from) * packetBits;
const bitsPerSecond = bitsBetween(first.packet, last.packet) / secondsTo(last.pcr, first.pcr);
// To whole kilobits: what was asked for, where the rate is constant.
const rate = Math.round(bitsPerSecond / 1_000) * 1_000;
const errorsNs = clocks.map(
  ({ pcr, packet }) => Math.abs(secondsTo(pcr, first.pcr) - bitsBetween(first.packet, packet) / rate) * 1e9,
);
const stepsMs = clocks.slice(1).map(({ pcr }, n) => secondsTo(pcr, clocks[n]?.pcr ?? 0n) * 1e3);
const nulls = Array.from({ length: packets }, (_, n) => bytes.readUInt16BE(n * 188 + 1) & nullPid).filter(
  (pid) => pid === nullPid,
).length;

process.stdout.write(
  `${[
    `packets        ${packets}, ${((100 * nulls) / packets).toFixed(1)} % null`,
    `rate           ${(bitsPerSecond / 1_000).toFixed(3)} kbit/s from the first clock to the last, ${secondsTo(last.pcr, first.pcr).toFixed(1)} s`,
    `clocks         ${clocks.length}, at most ${Math.max(...stepsMs).toFixed(1)} ms apart`,
    `clock error    ${Math.max(...errorsNs).toFixed(0)} ns at most, against ${rate / 1_000} kbit/s`,
    `faults         ${faults.length === 0 ? "none" : faults.slice(0, 5).join("; ")}`,
  ].join("\n")}\n`,
);
