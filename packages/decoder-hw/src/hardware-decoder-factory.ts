import {
  type AssetRef,
  type Decoder,
  type DecoderChangeReason,
  type DecoderFactory,
  type OpenOptions,
  type PictureSupply,
  PlayoutError,
  type PluginLog,
  type ProbeResult,
} from "@retrovue/core";
import {
  assetInfoOf,
  LibavDecoder,
  leaveBreadcrumbs,
  type NativeInfo,
  type NativeOptions,
  type OpenSession,
  openAsset,
  picturesHeldDefault,
  type StreamNeeds,
  throwIfAborted,
} from "@retrovue/decoder-libav/shell";
import { type DeviceReport, reportOf } from "./device-report.js";
import { DeviceSet, type DeviceState } from "./device-set.js";
import { HardwareDecoder } from "./hardware-decoder.js";
import type { HardwareModule, NativeDevice } from "./native.js";
import type { ParsedOptions } from "./options.js";
import { ProvenPictures, picturesHeldToProve } from "./proven-pictures.js";
import type { DeviceOutages } from "./trust/device-outages.js";
import { FirstFrames } from "./trust/first-frames.js";
import type { Lease, SessionBudget } from "./trust/session-budget.js";
import { type Demotion, deviceOf, type TrustKey } from "./trust/trust-list.js";

/** What the factory is made with; all of it is borrowed. */
export interface HardwareDecoderFactoryOptions {
  readonly native: HardwareModule;
  readonly mediaRoots: readonly string[];
  readonly options: ParsedOptions;
  /** A device's sessions, by its name and how many it may have. */
  readonly budgetOf: (sessionsMax: number) => Pick<SessionBudget, "tryTake" | "inUse">;
  readonly trust: {
    isDemoted(key: TrustKey): Demotion | undefined;
    demote(key: TrustKey, why: string): void;
    entries(): readonly Demotion[];
  };
  readonly outages: Pick<DeviceOutages, "report" | "current">;
  readonly log: PluginLog;
}

/** Why a device does not decode an asset. */
interface Refusal {
  /** In words that follow the device's name. */
  readonly why: string;
  readonly reason: DecoderChangeReason;
}

/** A device that would decode an asset, or why not. */
interface Standing {
  readonly state: DeviceState;
  readonly refusal: Refusal | undefined;
}

/** "On a device that is free" (the port's scale). */
const score = 80;

/** Assets whose needs are remembered: more than a channel has in reach at one time. */
const rememberedMax = 64;

/** Opens on devices what they decode, below the media roots; everything else it leaves to others, saying why. */
export class HardwareDecoderFactory implements DecoderFactory, AsyncDisposable {
  readonly #with: HardwareDecoderFactoryOptions;
  readonly #devices: DeviceSet;
  /** What assets ask of a device, so that one that was probed is not looked at again to be opened. */
  readonly #needs = new Map<string, StreamNeeds>();

  constructor(given: HardwareDecoderFactoryOptions) {
    this.#with = given;
    this.#devices = new DeviceSet(given.native, given.options.devices);
    leaveBreadcrumbs(given.native, given.options.libav.breadcrumbs, given.log);
  }

  async probe({ uri }: AssetRef, signal: AbortSignal): Promise<ProbeResult> {
    try {
      const info = await this.#examine(uri, signal);
      const asset = assetInfoOf(uri, info);
      if (info.picture === undefined || info.picture.still)
        return { score: 0, reason: "It has no moving pictures, which a device would decode.", asset };
      const { needs } = info.picture;
      const standings = await this.#standings(needs, signal);
      const free = standings.find(({ refusal }) => refusal === undefined)?.state;
      if (free?.device === undefined)
        return {
          score: 0,
          reason: `No device: ${whyNot(standings)}.`,
          refusal: mainReason(standings),
          asset,
        };
      const where = free.device.model === "" ? free.name : `${free.name} (${free.device.model})`;
      return { score, reason: `Decodes ${describe(needs)} on ${where}.`, asset };
    } catch (thrown) {
      const error = PlayoutError.from(thrown, "MediaCorrupt");
      // Impatience says nothing about the file.
      if (signal.aborted || error.code === "PluginNotFound") throw error;
      return { score: 0, reason: error.what };
    }
  }

  async open({ uri }: AssetRef, options: OpenOptions, signal: AbortSignal): Promise<Decoder> {
    throwIfAborted(signal);
    const needs = this.#needs.get(uri) ?? (await this.#examine(uri, signal)).picture?.needs;
    if (needs === undefined) {
      const what = `${uri} has no pictures, which a device would decode.`;
      throw new PlayoutError("UnsupportedMedia", what, { details: { uri } });
    }
    const tried: Standing[] = [];
    for (const { state, refusal } of await this.#standings(needs, signal)) {
      const opened = refusal ?? (await this.#openOn(state, uri, needs, options, signal));
      if (!("why" in opened)) return opened;
      tried.push({ state, refusal: opened });
    }
    throw new PlayoutError("DeviceUnavailable", `No device decodes ${uri}: ${whyNot(tried)}.`, {
      remedy: "See `retrovue-playout devices`; configure a decoder in software behind this one.",
      details: { uri, tried: tried.map(nameAndWhy), refusal: mainReason(tried) },
    });
  }

  /** What there is, what it can do, and why something cannot be used. */
  async devices(signal: AbortSignal): Promise<readonly DeviceReport[]> {
    const { budgetOf, trust, outages } = this.#with;
    const states = await this.#devices.states(signal);
    const demotions = trust.entries();
    return states.map((state) => {
      const budget = budgetOf(state.sessionsMax);
      return reportOf(state, { budget, demotions, outage: outages.current(state.name) });
    });
  }

  /** Closes the devices; decoders are closed before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#devices[Symbol.asyncDispose]();
  }

  /** Looks at the asset in software, which decodes its first picture: a file says too little before that. */
  async #examine(uri: string, signal: AbortSignal): Promise<NativeInfo> {
    const { session, info } = await this.#start(uri, { isProbe: true }, signal);
    await session.close();
    if (info.picture !== undefined) this.#remember(uri, info.picture.needs);
    return info;
  }

  #remember(uri: string, needs: StreamNeeds): void {
    this.#needs.delete(uri);
    this.#needs.set(uri, needs);
    const [oldest] = this.#needs.keys();
    if (this.#needs.size > rememberedMax && oldest !== undefined) this.#needs.delete(oldest);
  }

  async #standings(needs: StreamNeeds, signal: AbortSignal): Promise<readonly Standing[]> {
    const states = await this.#devices.states(signal);
    return states.map((state) => ({ state, refusal: this.#refusal(state, needs) }));
  }

  #refusal({ name, device, problem, sessionsMax }: DeviceState, needs: StreamNeeds): Refusal | undefined {
    const { native, trust, budgetOf, outages } = this.#with;
    const outage = outages.current(name);
    if (outage !== undefined) return unavailable(`was lost a moment ago (${sentence(outage.why)})`);
    if (device === undefined) return unavailable(`cannot be used (${sentence(problem ?? "it is not open")})`);
    const cannot = native.refusal(device.handle, needs);
    if (cannot !== undefined) return { why: cannot, reason: "unsupported" };
    const demotion = trust.isDemoted(keyOf(device, needs));
    if (demotion !== undefined) {
      const why = `is not trusted with ${describe(needs)} since ${demotion.since} (${sentence(demotion.why)})`;
      return { why, reason: "distrusted" };
    }
    const inUse = budgetOf(sessionsMax).inUse(name);
    return inUse >= sessionsMax ? full(sessionsMax) : undefined;
  }

  /** The decoder, or why the device does not take the asset. */
  async #openOn(
    { name, device, sessionsMax }: DeviceState,
    uri: string,
    needs: StreamNeeds,
    { languages, picturesHeldMax = picturesHeldDefault, supply }: OpenOptions,
    signal: AbortSignal,
  ): Promise<Decoder | Refusal> {
    if (device === undefined) return unavailable("is not open");
    const lease = this.#with.budgetOf(sessionsMax).tryTake(name);
    if (lease === undefined) return full(sessionsMax);
    const layout = supply?.layout;
    const settings = {
      ...(languages && { languages }),
      ...(layout && { buffers: layout }),
      picturesHeldMax: picturesHeldMax + picturesHeldToProve,
      device: device.handle,
    };
    try {
      const opened = await this.#start(uri, settings, signal, supply);
      return this.#decoderOf(uri, needs, device, lease, opened);
    } catch (thrown) {
      lease[Symbol.dispose]();
      const error = PlayoutError.from(thrown, "DecodeFailed");
      if (signal.aborted || error.code !== "DeviceUnavailable") throw error;
      // Another's opening may find it as it was: only what fails in mid-play is known to be lost.
      this.#devices.lose(name);
      return unavailable(`did not take it (${sentence(error.what.replace(`${uri}: `, ""))})`);
    }
  }

  #decoderOf(
    uri: string,
    needs: StreamNeeds,
    device: NativeDevice,
    lease: Lease,
    opened: OpenSession,
  ): Decoder {
    const { native, options, trust, log } = this.#with;
    const { name } = device;
    const fields = { asset: uri, device: name, codec: needs.codec, profile: needs.profile };
    const pictures = new ProvenPictures({
      session: opened.session,
      native,
      firstFrames: new FirstFrames({ codec: needs.codec, count: options.comparedPictures }),
      openReference: (signal) => this.#start(uri, { picturesHeldMax: 2 }, signal),
      onDifferent: (why, demote) => {
        log.error(`${name} gives wrong pictures`, { ...fields, why, demote });
        if (demote) trust.demote(keyOf(device, needs), why);
      },
    });
    return new HardwareDecoder({
      device: name,
      decoder: new LibavDecoder(uri, opened, { pictures }),
      before: pictures,
      after: lease,
      onFailure: ({ code, what }) => {
        log.warn(`${name} ends a decoder`, { ...fields, code, what });
        if (code !== "DeviceUnavailable") return;
        this.#devices.lose(name);
        this.#with.outages.report(name, what);
      },
    });
  }

  async #start(
    uri: string,
    settings: Partial<NativeOptions>,
    signal: AbortSignal,
    supply?: PictureSupply,
  ): Promise<OpenSession> {
    const { native, mediaRoots, options } = this.#with;
    return await openAsset({ native, mediaRoots, options: options.libav }, uri, settings, signal, supply);
  }
}

const keyOf = (device: NativeDevice, { codec, profile }: StreamNeeds): TrustKey => ({
  device: deviceOf(device),
  codec,
  profile,
  driver: device.driver,
});

const unavailable = (why: string): Refusal => ({ why, reason: "deviceUnavailable" });

const full = (sessionsMax: number): Refusal => ({
  why: `has no session left (${sessionsMax} of ${sessionsMax} taken)`,
  reason: "budgetFull",
});

const nameAndWhy = ({ state, refusal }: Standing): string => `${state.name} ${refusal?.why}`;

const whyNot = (standings: readonly Standing[]): string => standings.map(nameAndWhy).join("; ");

/** Of several devices' reasons the one that came nearest to decoding: what an operator would mend first. */
const nearestFirst: readonly DecoderChangeReason[] = [
  "budgetFull",
  "distrusted",
  "deviceUnavailable",
  "unsupported",
];

function mainReason(standings: readonly Standing[]): DecoderChangeReason {
  const reasons = new Set(standings.map(({ refusal }) => refusal?.reason));
  return nearestFirst.find((reason) => reasons.has(reason)) ?? "deviceUnavailable";
}

/** Without its full stop, to stand within another. */
const sentence = (text: string): string => text.replace(/\.$/, "");

const describe = ({ codec, profile }: StreamNeeds): string =>
  profile === "" ? codec : `${codec} ${profile}`;
