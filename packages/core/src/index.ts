// For users of the engine: time, plans, errors, and what runs a channel.

export { MemoryFrameBus, type MemoryFrameBusDeps } from "./bus/memory-frame-bus.js";
export { Channel, type ChannelOptions } from "./channel/channel.js";
export type { ChannelEvent } from "./channel/events.js";
export type { PreparationState, PreparationTold } from "./channel/preparation.js";
export { type ChannelSettings, defaultChannelSettings } from "./channel/settings.js";
export type { Preview } from "./channel/shadow.js";
export type { SourceFailure } from "./channel/source.js";
export { DisciplinedClock, type DisciplineOptions } from "./clock/disciplined-clock.js";
export {
  type Exchange,
  type ExchangeVerdict,
  type MasterEstimate,
  MasterEstimator,
} from "./clock/exchange.js";
export { FollowerClock } from "./clock/follower-clock.js";
export type { HostTime, Timer } from "./clock/host-time.js";
export { ManualClock, type ManualClockOptions } from "./clock/manual-clock.js";
export { houseAt, monoAt } from "./clock/mapping.js";
export { SteadyTime } from "./clock/steady-time.js";
export { SystemClock } from "./clock/system-clock.js";
export { orAbort, TimeLimit } from "./clock/time-limit.js";
export { WakeList } from "./clock/wake-list.js";
export {
  airedPictures,
  cadenceStep,
  cadenceToleranceNs,
  latestTime,
  pictureFor,
  targetTime,
} from "./conform/cadence.js";
export {
  type Candidate,
  type Choice,
  DecoderChooser,
  type DecoderChooserOptions,
  type DecoderTrail,
  type NamedDecoder,
} from "./decoder/choice.js";
export {
  type DecoderChangeReason,
  type DecoderName,
  decoderChangeReasons,
  type PassedOver,
} from "./decoder/decoder-change.js";
export { type ErrorCode, type ErrorCodeEntry, errorCodeNames, errorCodes, Status } from "./errors/codes.js";
export { InvariantViolation, invariant } from "./errors/invariant.js";
export { type ErrorDetails, PlayoutError, type PlayoutErrorOptions } from "./errors/playout-error.js";
export {
  type MetricDefinition,
  type MetricKey,
  type MetricType,
  metricDefinitions,
  metrics,
} from "./metrics/definitions.js";
export { type MetricLabels, type MetricsRecorder, silentMetrics } from "./metrics/recorder.js";
export { createPlan, type PlanDraft, startPlan } from "./plan/create-plan.js";
export { appendSegments, replacePlan, splicePlan } from "./plan/edit.js";
export { fadeAlphaAt, soundTreatmentAt } from "./plan/fade.js";
export { forgetBefore } from "./plan/forget.js";
export { formatFault, invalidPlan } from "./plan/invalid-plan.js";
export { elapsedAt, mediaTimeAt } from "./plan/join.js";
export type { Anchor, Place, SegmentPlace, VoidPlace } from "./plan/place.js";
export type { Plan, PlanEnd, Segment, SegmentKind } from "./plan/plan.js";
export { sameAiring, sameMedia, samePlan, samePlanContent } from "./plan/same.js";
export { Timeline } from "./plan/timeline.js";
export { type PlanBounds, type PlanFault, planBounds, validatePlan } from "./plan/validate.js";
export { admitOptions, admitPlugin, provisionOf } from "./plugin/admission.js";
export { type Retry, retryAfter } from "./supervision/backoff.js";
export {
  type ChannelSignal,
  type ChannelState,
  channelStates,
  channelTransitions,
  nextState,
} from "./supervision/channel-state.js";
export { ChannelSupervisor, workerStopNsMax } from "./supervision/channel-supervisor.js";
export { type BarredPair, Quarantine } from "./supervision/quarantine.js";
export { SignsOfLife } from "./supervision/signs-of-life.js";
export { type HoldablePicture, type MissingTick, type StandIn, standInFor } from "./supervision/stand-in.js";
export type { SupervisorEvent } from "./supervision/supervisor-event.js";
export type { ChannelSupervisorOptions } from "./supervision/supervisor-options.js";
export type {
  Suspect,
  Worker,
  WorkerExit,
  WorkerHost,
  WorkerListener,
  WorkerOrder,
} from "./supervision/worker.js";
export { aacFrameAtOrAfter, aacFrameAtOrBefore, aacFrameSamples } from "./time/aac-frames.js";
export { HouseGrid } from "./time/house-grid.js";
export { formatRational, parseRational, type Rational, rational, sameRational } from "./time/rational.js";
export { houseRate, snapRate, standardRates } from "./time/standard-rates.js";
export {
  type MediaTime,
  mediaTime,
  msFloor,
  type Nanoseconds,
  nanoseconds,
  nanosecondsFromMs,
  nsPerMs,
  nsPerSecond,
  type SampleIndex,
  sampleIndex,
  type Tick,
  tick,
  tickAfter,
} from "./time/units.js";
export {
  pcrModulus,
  pcrOfTick,
  pcrRate,
  ptsModulus,
  ptsOfSample,
  ptsOfTick,
  ptsRate,
} from "./time/wire-clock.js";

// For authors of plugins: the ports, and what passes through them.

export { BufferSupply, type BufferSupplyOptions } from "./bus/buffer-supply.js";
export type {
  Committer,
  CommitterCounters,
  CommitterEvent,
  Expectation,
  ReaderEntry,
  StandInPolicy,
} from "./bus/committer.js";
export type {
  BusAddress,
  BusSpec,
  FrameBus,
  FrameLease,
  FrameReader,
  FrameWriter,
  LaneTicket,
  Overrun,
  PictureBuffer,
  ReaderOptions,
  Refusal,
  TickSound,
  ViewVerdict,
} from "./bus/frame-bus.js";
export {
  type FrameMeta,
  noSegmentId,
  type StandInKind,
  type StandInReason,
  standInReasons,
} from "./bus/frame-meta.js";
export type { Clock, ClockHealth, ClockMapping } from "./clock/clock.js";
export { needsToneMap, resolveColour } from "./conform/colour.js";
export type {
  Conformer,
  ConformerFactory,
  PictureTreatment,
  SoundConformer,
  SoundTreatment,
} from "./conform/conformer.js";
export { fitPicture, type PictureFit, type Rect } from "./conform/geometry.js";
export type {
  Decoder,
  DecoderFactory,
  OpenOptions,
  ProbeResult,
  ReadPictureOptions,
} from "./decoder/decoder.js";
export type { BufferLayout, PictureSupply } from "./decoder/picture-supply.js";
export type { AssetInfo, AssetRef, PictureStream, SoundStream } from "./media/asset.js";
export { matrixCodes, primariesCodes, rangeCodes, transferCodes } from "./media/h273.js";
export {
  type Ancillary,
  type EndOfMedia,
  endOfMedia,
  type PictureFrame,
  type PicturePlanes,
} from "./media/picture.js";
export {
  type ChromaPosition,
  type ColourMatrix,
  type ColourPrimaries,
  type ColourRange,
  type ColourTags,
  type ColourTransfer,
  type FieldOrder,
  type PictureFormat,
  type PixelFormat,
  pixelFormats,
  type Rotation,
  type StatedLight,
} from "./media/picture-format.js";
export { type PlaneLayout, planesOf, rowBytes, rowsOf } from "./media/pixel-layout.js";
export {
  type AspectPolicy,
  defaultProgramFormat,
  type ProgramFormat,
  samplesPerTickMax,
} from "./media/program-format.js";
export type { SoundBlock } from "./media/sound.js";
export {
  definePlugin,
  type OptionsSchema,
  type Plugin,
  type PluginContext,
  type PluginFolders,
  type PluginLog,
  type PortName,
  type PortTypes,
  type Provision,
  type Provisions,
  pluginContract,
  portNames,
} from "./plugin/plugin.js";
export { type MuxRateDemand, muxRateNeededKbps } from "./renderer/mux-rate.js";
export { renderSource } from "./renderer/render-source.js";
export type {
  EncodeSettings,
  LatencyCounts,
  Renderer,
  RendererCounters,
  RendererFactory,
  RenderSource,
  SnapshotOptions,
  StreamChunk,
  StreamTap,
} from "./renderer/renderer.js";
export { type SoundFault, type SoundToEncode, soundFaults } from "./renderer/sound-limits.js";
export type { ControlAccess, Credentials, TlsFiles } from "./transport/control-access.js";
export type { CallContext, ControlServices } from "./transport/control-services.js";
export type { Endpoint, HttpHandler, HttpHost, Transport } from "./transport/transport.js";
