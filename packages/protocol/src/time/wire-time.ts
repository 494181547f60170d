import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { type Nanoseconds, nanoseconds, nsPerSecond } from "@retrovue/core";
import { invalidField } from "../field/invalid-field.js";

/** Greatest length that google.protobuf.Duration may say, in seconds (duration.proto). */
const durationSecondsMax = 315_576_000_000n;

/** First and last second that google.protobuf.Timestamp may say: years 1 to 9999 (timestamp.proto). */
const timestampSecondsMin = -62_135_596_800n;
const timestampSecondsMax = 253_402_300_799n;

/** A house time as the wire says it. Exact. */
export function timestampToWire(at: Nanoseconds): Timestamp {
  // A timestamp's nanos count forward, before the epoch as well.
  const nanos = ((at % nsPerSecond) + nsPerSecond) % nsPerSecond;
  return create(TimestampSchema, { seconds: (at - nanos) / nsPerSecond, nanos: Number(nanos) });
}

/** A time from the wire, in nanoseconds since the Unix epoch. `InvalidArgument` if it is not well formed. */
export function timestampFromWire(field: string, timestamp: Timestamp): Nanoseconds {
  const { seconds, nanos } = timestamp;
  if (seconds < timestampSecondsMin || seconds > timestampSecondsMax || !isNanos(nanos, 0)) {
    throw invalidField(field, "a time from year 1 to 9999", `${seconds} s and ${nanos} ns`);
  }
  return nanoseconds(seconds * nsPerSecond + BigInt(nanos));
}

/** A length as the wire says it. Exact. */
export const durationToWire = (length: bigint): Duration =>
  create(DurationSchema, { seconds: length / nsPerSecond, nanos: Number(length % nsPerSecond) });

/** A length from the wire, in nanoseconds; may be negative. `InvalidArgument` if it is not well formed. */
export function durationFromWire(field: string, duration: Duration): Nanoseconds {
  const { seconds, nanos } = duration;
  const sign = seconds < 0n ? -1 : seconds > 0n ? 1 : Math.sign(nanos);
  if (seconds < -durationSecondsMax || seconds > durationSecondsMax || !isNanos(nanos, sign)) {
    const found = `${seconds} s and ${nanos} ns`;
    throw invalidField(field, "a length below 10 000 years whose seconds and nanos have one sign", found);
  }
  return nanoseconds(seconds * nsPerSecond + BigInt(nanos));
}

/** True for a part of a second that has the sign asked for; 0 allows non-negative parts only. */
function isNanos(nanos: number, sign: number): boolean {
  if (!Number.isInteger(nanos) || Math.abs(nanos) >= Number(nsPerSecond)) return false;
  return nanos === 0 || Math.sign(nanos) === (sign === 0 ? 1 : sign);
}
