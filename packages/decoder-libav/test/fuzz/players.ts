import { existsSync } from "node:fs";
import { join } from "node:path";
import type { PlayerCommand } from "./player.ts";

const build = join(import.meta.dirname, "../../build");
const program = (flavour: string) => join(build, flavour, "test/fuzz/native/media_player");

/** Faults that a player can be told to have: the campaign must find each. */
export const plants = ["overrun", "overflow", "leak", "hang"] as const;
export type Plant = (typeof plants)[number];

/** Memory that one broken file may ask for at once, and that all of a player may hold: 8K pictures are 53 MB each. */
const sanitizerOptions = [
  "leak_check_at_exit=0",
  "exitcode=99",
  "allocator_may_return_null=1",
  "max_allocation_size_mb=2048",
  "hard_rss_limit_mb=4096",
  "detect_stack_use_after_return=1",
  "strict_string_checks=1",
];

/** The plain C++ session, under the address (leaks included) and undefined-behaviour sanitizers. */
export const sanitized = (plant?: Plant): PlayerCommand => ({
  name: "sanitized",
  program: built(program("asan")),
  args: plant === undefined ? [] : ["--plant", plant, "--silent-ms", "2000"],
  env: { ASAN_OPTIONS: sanitizerOptions.join(":"), UBSAN_OPTIONS: "print_stacktrace=1:exitcode=98" },
});

/**
 * The same session as shipped, with an allocator that fills what is freed and checks its blocks: libav's own code is not
 * instrumented, so that this sees what the sanitizer's allocator hides.
 */
export const perturbed = (): PlayerCommand => ({
  name: "perturbed",
  program: built(program(".")),
  args: [],
  env: { LD_PRELOAD: "libc_malloc_debug.so.0", MALLOC_PERTURB_: "165", MALLOC_CHECK_: "3" },
});

/** The decoder as a channel has it: the addon in a Node process. */
export const addon = (): PlayerCommand => ({
  name: "addon",
  program: process.execPath,
  args: [join(import.meta.dirname, "addon-player.ts")],
  env: { MALLOC_PERTURB_: "165" },
});

function built(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is not built. Run: pnpm fuzz media`);
  return path;
}
