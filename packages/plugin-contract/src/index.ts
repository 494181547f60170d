// For authors of implementations: run a suite.

export { type ClockContractOptions, clockContract, clockSuite } from "./clock/clock-contract.js";
export type { ClockSubject } from "./clock/clock-subject.js";
export { type ConformerContractOptions, conformerContract } from "./conformer/conformer-contract.js";
export { conformerMutants } from "./conformer/mutants.js";
export { ConformerSubject } from "./conformer/subject.js";
export { conformerSuite } from "./conformer/suite.js";
export {
  type DecoderContractOptions,
  decoderContract,
  type KnownDecoderFailure,
} from "./decoder/decoder-contract.js";
export { HeapSupply, type LentBuffer } from "./decoder/heap-supply.js";
export { decoderMutants } from "./decoder/mutants.js";
export { DecoderSubject } from "./decoder/subject.js";
export { decoderSuite } from "./decoder/suite.js";
export type { OpenFrameBus } from "./frame-bus/bus-bench.js";
export {
  type FrameBusContractOptions,
  frameBusContract,
  frameBusSuite,
} from "./frame-bus/frame-bus-contract.js";
export type { ContractOptions, TestContext, TestRunner } from "./framework/declare-suite.js";
export type { KnownFailure } from "./framework/known-failures.js";
export {
  RenderBench,
  type RenderBenchOptions,
  renderAsset,
  renderEpoch,
  renderFormat,
  renderSettings,
} from "./renderer/render-bench.js";
export {
  type RendererContractOptions,
  rendererContract,
  rendererSuite,
} from "./renderer/renderer-contract.js";
export { RendererSubject } from "./renderer/renderer-subject.js";
export { faultsOf, streamsOf, tickOfPts } from "./renderer/stream-checks.js";
export { parseTransportStream, type StreamUnit, type TransportStream } from "./renderer/transport-stream.js";
export {
  type TransportContractOptions,
  transportContract,
  transportSuite,
} from "./transport/transport-contract.js";
export type {
  SampleMethod,
  TransportCallOptions,
  TransportClient,
  TransportSubject,
} from "./transport/transport-subject.js";

// For authors of suites, and for programs that run them.

export { declareSuite } from "./framework/declare-suite.js";
export {
  declareMutants,
  type Mutant,
  rulesWithoutMutant,
  type Survivor,
  survivorsOf,
} from "./framework/mutants.js";
export { defineSuite, type Rule, type RuleId, type SetUp, type Suite } from "./framework/rule.js";
export { type Outcome, type RunOptions, runRule, runSuite } from "./framework/run-suite.js";

// Clips whose pictures and sound say where they come from.

export { type Clip, type ClipSource, type ClipTruth, isClip, type NoClip } from "./media/clip.js";
export { cachedFile, clipFolder, writePortions } from "./media/clip-cache.js";
export { clipSources } from "./media/clip-sources.js";
export { containers, pictureCodecs, soundCodecs } from "./media/codecs.js";
export { type FfmpegAbilities, ffmpegAbilities } from "./media/ffmpeg.js";
export {
  type ClipManifest,
  type FfmpegClipOptions,
  ffmpegCommand,
  makeFfmpegClip,
  readManifest,
} from "./media/ffmpeg-clip.js";
export { ffmpegClipOptions, ffmpegClips } from "./media/ffmpeg-clips.js";
export { makeWav, makeY4m, ownClips } from "./media/own-clips.js";
export { pictureBytes, type SampleFormat, soundBytes, soundPortions } from "./media/pattern-bytes.js";
export {
  placeSound,
  type ReadMarks,
  type ReadMarksOptions,
  type ReadPicture,
  type ReadSound,
  readMarks,
} from "./media/read-marks.js";
export { wavBytes } from "./media/wav.js";
export { y4mBytes } from "./media/y4m.js";
