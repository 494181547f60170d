import { fileURLToPath } from "node:url";
import { buildNativeProgram } from "../../../../scripts/bench/native-program.ts";

/** A reader in C that says what it computed (packages/framebus-shm/bench/native/follow_cost.c). */
export const nativeReader = {
  program: fileURLToPath(new URL("../../../framebus-shm/build/bench/native/follow_cost", import.meta.url)),

  /** Builds it; says why it cannot. */
  missing: (): Promise<string | undefined> => buildNativeProgram("follow_cost"),
};
