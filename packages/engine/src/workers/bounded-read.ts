import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * What a file holds that somebody who is not trusted may have put there: a link is not followed, a pipe not waited for, and of a file
 * that grows meanwhile no more is read than it held at first.
 *
 * @param bytesMax the most that the file may hold
 * @throws what `openSync` does, and Error where there is no regular file or one that holds more
 */
export function boundedRead(path: string, bytesMax: number): Buffer {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw new Error(`${path} is no regular file`);
    const { size } = found;
    if (size > bytesMax) throw new Error(`${path} holds ${size} bytes: more than ${bytesMax}`);
    const bytes = Buffer.alloc(size);
    let length = 0;
    while (length < size) {
      const read = readSync(fd, bytes, length, size - length, length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
