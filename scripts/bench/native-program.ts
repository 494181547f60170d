import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nativeBuildFolder, withNativeLock } from "../native.mjs";

const built = new Set<string>();

/**
 * Builds a measuring program that the native build leaves out, once a process and while nothing else builds.
 *
 * @param target its name in CMake
 * @returns why it cannot be built; undefined once it is
 */
export async function buildNativeProgram(target: string): Promise<string | undefined> {
  if (built.has(target)) return undefined;
  const build = nativeBuildFolder();
  if (!existsSync(join(build, "build.ninja")))
    return "the native packages are not built: node scripts/native.mjs build";
  await withNativeLock(async () => {
    execFileSync("cmake", ["--build", build, "--target", target], { stdio: ["ignore", "ignore", "inherit"] });
  });
  built.add(target);
  return undefined;
}
