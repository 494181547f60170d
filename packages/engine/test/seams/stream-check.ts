import { type HouseGrid, ptsModulus, ptsOfTick, type Tick, tickAfter } from "@retrovue/core";
import { faultsOf, parseTransportStream, readMarks, streamsOf, tickOfPts } from "@retrovue/plugin-contract";
import { groupMs } from "./engine-on-air.ts";
import type { ExpectedAir } from "./expected-air.ts";
import type { SeamReport } from "./seam-report.ts";
import { SoundMarks } from "./sound-marks.ts";

/** An AAC frame of 1024 samples at 48 kHz, in units of 90 kHz. */
const aacStep = 1_920n;
/** Sound may lie this far from its picture: 1 ms. */
const slackMs = 1;

/** Reads a recorded stream by its syntax, and decoded anew by another decoder than ours, by its content. */
export async function checkStream(
  recording: { readonly path: string; readonly bytes: Uint8Array },
  air: ExpectedAir,
  sampleRate: number,
  report: SeamReport,
  signal: AbortSignal,
): Promise<void> {
  const stream = parseTransportStream(recording.bytes);
  for (const fault of faultsOf(stream, aacStep)) report.add(`stream: ${fault}`);
  // A muxer that begins anew counts its packets anew, and says so.
  const restarts = stream.clocks.slice(1).filter(({ discontinuity }) => discontinuity).length;
  if (restarts > 0) report.add(`stream: expected one muxer for the run, found ${restarts} more`);
  const { pictures, sounds } = streamsOf(stream);
  const [picture] = pictures;
  const [sound] = sounds;
  if (picture === undefined || sound === undefined) {
    report.add(`stream: found ${pictures.length} pictures and ${sounds.length} frames of sound`);
    return;
  }
  const first = tickOfPts(air.grid, picture.pts, air.first);
  if (first === undefined) {
    report.add(`stream: the first picture's PTS ${picture.pts} is no tick's`);
    return;
  }
  if (first > air.first) report.add(`stream: begins at tick ${first}, the plan at ${air.first}`);
  checkTimes(
    pictures.map(({ pts }) => pts),
    first,
    air.grid,
    report,
  );
  checkKeyFrames(pictures, first, air.grid, report);
  const decoded = await readMarks(recording.path, {}, signal);
  // The last picture is only whole for a parser once the next has begun.
  if (decoded.pictures.length < pictures.length)
    report.add(`stream: ${pictures.length} pictures, of which ffmpeg decodes ${decoded.pictures.length}`);
  for (const [index, { mark }] of decoded.pictures.entries()) {
    const expected = air.at(tickAfter(first, index));
    const found = mark ? `picture ${mark.frame} of asset ${mark.asset}` : "no mark";
    const wanted =
      expected.frame === undefined
        ? "no mark"
        : `picture ${expected.frame} of asset ${expected.clip?.truth.pattern.id}`;
    if (found !== wanted) report.tick("stream", expected, `${wanted}, found ${found}`);
  }
  const last = tickAfter(first, decoded.pictures.length - 1);
  if (last < air.end) report.add(`stream: ends at tick ${last}, before the plan's end at ${air.end}`);

  const heard = decoded.sound?.channels[0] ?? new Float32Array();
  // Where the first sample lies, counted from the first tick's; by their timestamps.
  const apart = ((sound.pts - picture.pts + ptsModulus + ptsModulus / 2n) % ptsModulus) - ptsModulus / 2n;
  const offset = Math.round(
    (Number(apart) * sampleRate) / 90_000 + tickFraction(air.grid, first, sampleRate),
  );
  const marks = new SoundMarks(sampleRate);
  for (let tick: Tick = air.first; tick < air.end; tick = tickAfter(tick, 1)) {
    const expected = air.at(tick);
    const { clip, position } = expected;
    const from = air.grid.sampleAt(tick) - air.grid.sampleAt(first) - offset;
    const samples = heard.subarray(Math.max(0, from), from + air.grid.samplesIn(tick));
    if (clip === undefined || position === undefined) continue;
    const fault = marks.fault(samples, { ...expected, clip, position }, (slackMs * sampleRate) / 1_000);
    if (fault !== undefined) report.tick("stream", expected, fault);
  }
}

/** Samples between a tick's first sample and its time: less than one. */
function tickFraction(grid: HouseGrid, tick: Tick, sampleRate: number): number {
  const timeOfSample = (BigInt(grid.sampleAt(tick)) * 1_000_000_000n) / BigInt(sampleRate);
  return (Number(grid.tickTime(tick) - timeOfSample) * sampleRate) / 1e9;
}

/** An encoder that begins anew begins with a key frame, wherever it is then; one that goes on has them on its grid. */
function checkKeyFrames(
  pictures: readonly { readonly randomAccess: boolean }[],
  first: Tick,
  grid: HouseGrid,
  report: SeamReport,
): void {
  const { num, den } = grid.frameRate;
  const group = Math.floor((groupMs * num) / (den * 1_000));
  for (const [index, { randomAccess }] of pictures.entries()) {
    const tick = tickAfter(first, index);
    if (randomAccess === (tick % group === 0) || index === 0) continue;
    report.add(
      `stream: tick ${tick} ${randomAccess ? "is" : "is not"} a key frame, where each ${group}th is: expected one encoder for the run`,
    );
    return;
  }
}

/** Every picture has the timestamp of its own tick, and every tick its picture. */
function checkTimes(found: readonly bigint[], first: Tick, grid: HouseGrid, report: SeamReport): void {
  for (const [index, pts] of found.entries()) {
    const tick = tickAfter(first, index);
    const expected = ptsOfTick(grid, tick);
    if (pts === expected) continue;
    report.add(`stream: picture ${index} to have PTS ${expected} of tick ${tick}, found ${pts}`);
    return;
  }
}
