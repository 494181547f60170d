import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../../../scripts/bench/bench.ts";

export const part = "bus";

const build = join(import.meta.dirname, "../build");
const program = join(build, "bench/native/bus_bench");
let isBuilt = false;

/** Builds the measuring program; says why it cannot. */
function unavailable(): string | undefined {
  if (isBuilt) return undefined;
  if (!existsSync(join(build, "build.ninja")))
    return "the native packages are not built: node scripts/native.mjs build";
  execFileSync("cmake", ["--build", build, "--target", "bus_bench"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  isBuilt = true;
  return undefined;
}

/** One measurement by the program: what it printed, or one of the words of that. */
function measured(measurement: string, word = 0): number {
  const said = execFileSync(program, [measurement], { encoding: "utf8" });
  return Number(said.split(" ")[word]);
}

/** A time, of ours against a peer's. */
function time(
  bench: string,
  unit: string,
  peerName: string,
  [ours, peer]: readonly [ours: string, peer: string],
  more: Partial<Bench> & { readonly word?: number } = {},
): Bench {
  const { word, ...rest } = more;
  return {
    bench,
    unit,
    peerName,
    lowerIsBetter: true,
    unavailable,
    ours: () => measured(ours, word),
    peer: () => measured(peer, word),
    ...rest,
  };
}

export const benches: Bench[] = [
  time("publish", "ns", "a bare store of slot and sound", ["commit", "plain-store"], { target: "2000 ns" }),
  time("repeat", "ns", "a copy of the picture", ["commit", "plain-copy"], { target: "the descriptor only" }),
  time("stand-in", "ns", "a copy of the picture", ["stand-in", "plain-copy"], {
    target: "the descriptor only",
  }),
  time("wake-p50", "µs", "bare futex", ["wake", "plain-wake"], { target: "1.5 × the futex", word: 0 }),
  time("wake-p90", "µs", "bare futex", ["wake", "plain-wake"], { target: "1.5 × the futex", word: 1 }),
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
