import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { type ErrorCode, errorCodes } from "@retrovue/core";
import {
  MasterClock,
  methodName,
  PlayoutControl,
  PlayoutPlans,
  PlayoutStatus,
  planFromJson,
  services,
} from "@retrovue/protocol";

/** What a channel is like when a call comes. */
export type State = "running" | "stopped" | "unknown";

/** What a call is answered with: OK, or one of our codes with its status, and the field that it names. */
export interface Expected {
  readonly code: ErrorCode | "ok";
  readonly field?: string;
}

/** One row: a call in a state, with good arguments or with one that is bad. */
export interface Row {
  readonly name: string;
  readonly method: DescMethod;
  readonly state: State;
  readonly request: (channelId: number) => Message | "undecodable";
  readonly expected: Expected;
  /** True for values that JSON has no form for, so that no client can send them in it. */
  readonly isBinaryOnly: boolean;
}

const asset = "test://pattern?duration=60s&size=16x16&mark=compact";
const plan = planFromJson({ segments: [{ uri: asset, duration: "30s" }] });
const states: readonly State[] = ["running", "stopped", "unknown"];

type Fields = Readonly<Record<string, unknown>>;

interface Call {
  readonly method: DescMethod;
  readonly good: Fields;
  /** By state; one for all where it does not matter. */
  readonly answers: Readonly<Record<State, ErrorCode | "ok">> | ErrorCode | "ok";
  /** Bad values by the field as the proto file names it; each is `InvalidArgument` naming that field. */
  readonly bad?: Readonly<Record<string, readonly unknown[]>>;
}

const control = PlayoutControl.method;
const onAir = { running: "ok", stopped: "WrongState", unknown: "UnknownChannel" } as const;
const known = { running: "ok", stopped: "ok", unknown: "UnknownChannel" } as const;
const badChannel = { channel_id: [0, -1, -2_147_483_648] };
const badText = ["", "a\0b", "x".repeat(4_097)];
const negativePart = { seconds: 1n, nanos: -1 };
const badTime = [
  { seconds: 253_402_300_800n, nanos: 0 },
  { seconds: 0n, nanos: -1 },
];

/** Every call of the API, and what control-api.md says of it. */
export const calls: readonly Call[] = [
  { method: control.getVersion, good: {}, answers: "ok" },
  {
    method: control.startChannel,
    good: { planHandle: asset },
    answers: "ok",
    bad: {
      ...badChannel,
      plan_handle: badText,
      port: [-1, 65_536],
      program_format_json: ["{", "[]", '{"video":{}}', `"${"x".repeat(5_000)}"`],
    },
  },
  {
    method: control.updatePlan,
    good: { planHandle: asset },
    answers: onAir,
    bad: { ...badChannel, plan_handle: badText },
  },
  {
    method: control.switchToLive,
    good: {},
    answers: onAir,
    bad: { ...badChannel, target_boundary_time_ms: [-1n, 9_007_199_254_740_993n] },
  },
  {
    method: control.loadPreview,
    good: { assetPath: asset, frameCount: -1n },
    answers: onAir,
    bad: {
      ...badChannel,
      asset_path: [...badText, "file://nas/share/a.mp4", "file:///a%2Fb.mp4", "FILE:///a%00b.mp4"],
      start_frame: [-1n],
      frame_count: [0n, -2n],
      fps_numerator: [-25],
      fps_denominator: [-1],
    },
  },
  { method: control.stopChannel, good: {}, answers: known, bad: badChannel },
  ...[
    control.attachStream,
    control.detachStream,
    control.startBlockPlanSession,
    control.feedBlockPlan,
    control.stopBlockPlanSession,
    control.subscribeBlockEvents,
  ].map((method): Call => ({ method, good: {}, answers: "Unimplemented" })),
  {
    method: PlayoutPlans.method.applyPlan,
    good: { plan },
    answers: onAir,
    bad: {
      ...badChannel,
      plan: [undefined],
      effective_at: badTime,
      effective_tick: [9_007_199_254_740_993n],
    },
  },
  {
    method: PlayoutPlans.method.getPlan,
    good: {},
    answers: { running: "ok", stopped: "UnknownPlan", unknown: "UnknownChannel" },
    bad: badChannel,
  },
  { method: PlayoutStatus.method.listChannels, good: {}, answers: "ok" },
  { method: PlayoutStatus.method.getChannel, good: {}, answers: known, bad: badChannel },
  {
    method: PlayoutStatus.method.watchEvents,
    good: {},
    answers: "ok",
    bad: {
      channel_ids: [[0], [-1]],
      run_id: [{ runId: "", afterSequence: 3n }, { runId: "x".repeat(65) }],
      heartbeat_interval: [{ seconds: 0n, nanos: 1 }, { seconds: 61n, nanos: 0 }, negativePart],
    },
  },
  {
    method: PlayoutStatus.method.checkPlan,
    good: { source: { case: "plan", value: plan } },
    answers: known,
    bad: { channel_id: [-1], source: [undefined], plan_handle: badText },
  },
  { method: MasterClock.method.exchange, good: { masterId: "m" }, answers: "WrongState" },
  { method: MasterClock.method.resync, good: { masterId: "m" }, answers: "WrongState" },
];

/** JSON's times and lengths are texts, which have no form for what is out of their range. */
const noJson = new Set<unknown>([...badTime, negativePart]);

const camel = (field: string): string =>
  field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The request's fields with one of them bad. */
function badFields(good: Fields, field: string, value: unknown): Fields {
  if (field === "effective_at") return { ...good, effective: { case: "effectiveAt", value } };
  if (field === "effective_tick") return { ...good, effective: { case: "effectiveTick", value } };
  if (field === "plan_handle" && "source" in good) return { ...good, source: { case: "planHandle", value } };
  if (field === "run_id") return { ...good, ...(value as Fields) };
  if (value === undefined)
    return Object.fromEntries(Object.entries(good).filter(([key]) => key !== camel(field)));
  const other =
    field === "fps_numerator"
      ? { fpsDenominator: 1 }
      : field === "fps_denominator"
        ? { fpsNumerator: 25 }
        : {};
  return { ...good, ...other, [camel(field)]: value };
}

/** The generated table: each call in each state, each bad argument in each state, and bytes that cannot be decoded. */
export function tableRows(): readonly Row[] {
  return calls.flatMap(({ method, good, answers, bad = {} }) => {
    const hasChannel = method.input.fields.some(({ name }) => name === "channel_id");
    const requestOf = (fields: Fields) => (channelId: number) =>
      create(method.input, { ...(hasChannel && { channelId }), ...fields } as never);
    const rows: Row[] = states.map((state) => ({
      name: `${method.name} ${state}`,
      method,
      state,
      request: requestOf(good),
      expected: { code: typeof answers === "string" ? answers : answers[state] },
      isBinaryOnly: false,
    }));
    for (const [field, values] of Object.entries(bad))
      for (const [n, value] of values.entries())
        for (const state of states)
          rows.push({
            name: `${method.name} ${state}, bad ${field} ${n}`,
            method,
            state,
            request: requestOf(badFields(good, field, value)),
            expected: { code: "InvalidArgument", field },
            isBinaryOnly: noJson.has(value),
          });
    rows.push({
      name: `${method.name}, undecodable bytes`,
      method,
      state: "running",
      request: () => "undecodable",
      expected: { code: "InvalidArgument" },
      isBinaryOnly: false,
    });
    return rows;
  });
}

/** Names of methods that the table does not hold. */
export const missingFromTable = (): readonly string[] => {
  const held = new Set(calls.map(({ method }) => methodName(method)));
  return services.flatMap(({ methods }) => methods.map(methodName)).filter((name) => !held.has(name));
};

/** The status that an expectation stands for; 0 for OK. */
export const statusOf = ({ code }: Expected): number => (code === "ok" ? 0 : errorCodes[code].status);
