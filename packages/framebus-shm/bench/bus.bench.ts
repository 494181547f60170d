import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Bench } from "../../../scripts/bench/bench.ts";
import { buildNativeProgram } from "../../../scripts/bench/native-program.ts";

export const part = "bus";

const program = join(import.meta.dirname, "../build/bench/native/bus_bench");

/** Builds the measuring program; says why it cannot. */
const unavailable = () => buildNativeProgram("bus_bench");

/** One measurement by the program: what it printed. */
const measured = (measurement: string): number =>
  Number(execFileSync(program, [measurement], { encoding: "utf8" }));

/** A time, of ours against a peer's. */
function time(
  bench: string,
  unit: string,
  peerName: string,
  [ours, peer]: readonly [ours: string, peer: string],
  more: Partial<Bench> = {},
): Bench {
  return {
    bench,
    unit,
    peerName,
    lowerIsBetter: true,
    unavailable,
    ours: () => measured(ours),
    peer: () => measured(peer),
    ...more,
  };
}

/** A wake time of ours and the bare futex's, from one run of the program, which measures them turn by turn. */
function wake(bench: string, word: number): Bench {
  const kept: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const next = (side: "ours" | "peer"): number => {
    if (kept[side].length === 0) {
      const words = execFileSync(program, ["wakes"], { encoding: "utf8" }).split(" ").map(Number);
      kept.ours.push(words[word] ?? Number.NaN);
      kept.peer.push(words[word + 1] ?? Number.NaN);
    }
    return kept[side].shift() ?? Number.NaN;
  };
  return {
    bench,
    unit: "µs",
    peerName: "bare futex",
    lowerIsBetter: true,
    target: "1.5 × the futex",
    unavailable,
    ours: () => next("ours"),
    peer: () => next("peer"),
  };
}

export const benches: Bench[] = [
  time("publish", "ns", "a bare store of slot and sound", ["commit", "plain-store"], { target: "2000 ns" }),
  time("repeat", "ns", "a copy of the picture", ["commit", "plain-copy"], { target: "the descriptor only" }),
  time("stand-in", "ns", "a copy of the picture", ["stand-in", "plain-copy"], {
    target: "the descriptor only",
  }),
  wake("wake-p50", 0),
  wake("wake-p90", 2),
  time("readers-16", "µs", "bare futex of 16", ["wake-of-16", "plain-wake-of-16"], {
    target: "3 µs a waiter",
  }),
  time("readers-16-descriptor", "ns", "no reader", ["commit-16", "commit"], { target: "flat" }),
  {
    ...time("fill-bandwidth", "MB/s", "memcpy into touched memory", ["fill", "plain-fill"], {
      target: "0.95 × memcpy",
    }),
    lowerIsBetter: false,
  },
  time("vs-unix-socket", "µs", "Unix socket", ["frame", "socket-frame"], { target: "5 × faster" }),
  time("vs-unix-socket-read", "µs", "Unix socket", ["frame-read", "socket-frame-read"]),
];
