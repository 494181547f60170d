import type { PictureSupply } from "@retrovue/core";
import type { NativeModule, NativeOptions } from "./native.js";
import { throwIfAborted } from "./native-errors.js";
import { openBelow } from "./open-below.js";
import type { ParsedOptions } from "./options.js";
import { type OpenSession, Session } from "./session.js";

/** Pictures that a caller may hold where he does not say: the port's default. */
export const picturesHeldDefault = 4;

/** What assets are opened with. */
export interface OpenAssetOptions {
  /** Whose sessions they get. */
  readonly native: Pick<NativeModule, "Session">;
  readonly mediaRoots: readonly string[];
  readonly options: ParsedOptions;
}

/** Opens an asset below the media roots, as the options say but for `settings`. The session is the caller's to close. */
export async function openAsset(
  { native, mediaRoots, options }: OpenAssetOptions,
  uri: string,
  settings: Partial<NativeOptions>,
  signal: AbortSignal,
  supply?: PictureSupply,
): Promise<OpenSession> {
  throwIfAborted(signal);
  // Storage that hangs holds this up, whatever the signal says: who calls sees by it that a thread is stuck, and opens nothing more there.
  await using file = await openBelow(mediaRoots, uri);
  throwIfAborted(signal);
  const { threads, picturesAhead, soundAheadMs, ioTimeoutMs } = options;
  const kept = { threads, threadsLearnt: 0, picturesAhead, soundAheadMs, ioTimeoutMs };
  const defaults = { languages: [], picturesHeldMax: picturesHeldDefault, isProbe: false };
  return await Session.open(native, file, { uri, ...kept, ...defaults, ...settings }, supply, signal);
}
