import { type FileHandle, open, realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type AssetRef,
  type Decoder,
  type DecoderFactory,
  type OpenOptions,
  PlayoutError,
  type ProbeResult,
} from "@retrovue/core";
import { pictureCount, throwIfAborted, Y4mDecoder, y4mInfo } from "./y4m-decoder.js";
import { headerBytesMax, parseY4mHeader, type Y4mHeader } from "./y4m-header.js";

/** Pictures that a caller may hold where he does not say: the port's default. */
const picturesHeldDefault = 4;

/** Opens YUV4MPEG2 files below the media roots. */
export class Y4mDecoderFactory implements DecoderFactory {
  readonly #roots: readonly string[];

  constructor(mediaRoots: readonly string[]) {
    this.#roots = mediaRoots;
  }

  async probe(asset: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    try {
      const { file, header, fileBytes } = await this.#start(asset.uri, signal);
      await file.close();
      const info = y4mInfo(asset.uri, header, pictureCount(header, fileBytes));
      return { score: 60, reason: "It is a YUV4MPEG2 file.", asset: info };
    } catch (thrown) {
      const error = PlayoutError.from(thrown, "MediaCorrupt");
      // Impatience says nothing about the file.
      if (error.code === "Cancelled" || error.code === "Timeout") throw error;
      return { score: 0, reason: error.message };
    }
  }

  async open(asset: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    const started = await this.#start(asset.uri, signal);
    const picturesHeldMax = options.picturesHeldMax ?? picturesHeldDefault;
    return new Y4mDecoder({ uri: asset.uri, ...started, picturesHeldMax });
  }

  async #start(
    uri: string,
    signal: AbortSignal,
  ): Promise<{ readonly file: FileHandle; readonly header: Y4mHeader; readonly fileBytes: number }> {
    throwIfAborted(signal);
    const file = await openBelow(this.#roots, uri);
    try {
      const start = Buffer.alloc(headerBytesMax);
      const { bytesRead } = await file.read(start, 0, start.length, 0);
      const header = parseY4mHeader(start.subarray(0, bytesRead));
      const { size } = await file.stat();
      throwIfAborted(signal);
      return { file, header, fileBytes: size };
    } catch (thrown) {
      await file.close();
      throw PlayoutError.from(thrown, "MediaCorrupt");
    }
  }
}

async function openBelow(roots: readonly string[], uri: string): Promise<FileHandle> {
  const path = uri.startsWith("file:") ? fileURLToPath(uri) : uri;
  if (!isAbsolute(path)) throw new PlayoutError("UnsupportedMedia", `${uri} is not a path of a file.`);
  try {
    const real = await realpath(path);
    const allowed = await Promise.all(roots.map((root) => realpath(root)));
    if (!allowed.some((root) => isBelow(root, real))) {
      throw new PlayoutError("MediaForbidden", `${uri} lies outside the media roots.`, { details: { uri } });
    }
    return await open(real, "r");
  } catch (cause) {
    if (PlayoutError.is(cause)) throw cause;
    throw new PlayoutError("MediaNotFound", `${uri} cannot be opened.`, { cause, details: { uri } });
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && !way.startsWith("..") && !isAbsolute(way);
}
