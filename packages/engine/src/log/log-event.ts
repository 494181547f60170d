import type { SupervisorEvent } from "@retrovue/core";
import type { Log, LogFields } from "./log.js";

/** One line for one episode of a channel. */
export function logEvent(log: Log, event: SupervisorEvent): void {
  const { level, message, fields } = lineOf(event);
  log[level](fields, message);
}

interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields & Readonly<Record<string, unknown>>;
}

const line = (level: Line["level"], message: string, fields: Line["fields"] = {}): Line => ({
  level,
  message,
  fields,
});

function lineOf(event: SupervisorEvent): Line {
  switch (event.type) {
    case "state":
      return line(event.to === "error" ? "error" : "info", `${event.from} -> ${event.to}`);
    case "plan-applied":
      return line("info", "plan applied", { revision: event.revision });
    case "worker-began":
      return line("info", "worker began", { tick: event.tick });
    case "worker-replaced":
      return line("error", "worker replaced", {
        tick: event.from,
        cause: event.cause,
        barred: event.barred,
        ...(event.pidFrom !== undefined && { pidFrom: event.pidFrom, pidTo: event.pidTo }),
      });
    case "worker-delayed":
      return event.error === undefined
        ? line("error", "workers keep dying; the next one waits", { afterMs: ms(event.afterNs) })
        : line("error", "no worker can be begun; it is tried again", {
            afterMs: ms(event.afterNs),
            err: event.error,
          });
    case "segment-began": {
      const { segment } = event.place;
      const asset = segment.asset?.uri;
      return line(event.ready ? "info" : "warn", event.ready ? "segment began" : "segment began, not ready", {
        tick: event.tick,
        segment: segment.id,
        ...(asset !== undefined && { asset }),
      });
    }
    case "source-failed": {
      const { asset, reason, error, retry } = event.failure;
      // Where another decoder is tried at once, what came of it is the episode's line.
      const [level, what] =
        retry === undefined
          ? (["info", "asset failed; the next decoder is tried"] as const)
          : (["warn", "asset failed"] as const);
      return line(level, what, {
        tick: event.tick,
        asset: asset.uri,
        reason,
        ...(retry && { retryAfterMs: ms(retry.afterNs) }),
        err: error,
      });
    }
    case "decoder-changed":
      return line("warn", event.wasAtWork ? "another decoder took over" : "another decoder plays", {
        tick: event.tick,
        asset: event.uri,
        segment: event.segmentId,
        from: event.from.name,
        to: event.to.name,
        reason: event.reason,
        err: event.error,
      });
    case "decoder-on-air":
      return line("debug", "decoder on air", { tick: event.tick, decoder: event.decoderIndex });
    case "preparation": {
      const { segmentId, first, state, failure } = event;
      // Failures of what has its tick are told as the asset's own.
      const isNews = state === "failed" && first === undefined;
      return line(isNews ? "warn" : "debug", isNews ? "preview failed" : `segment ${state}`, {
        segment: segmentId,
        ...(first !== undefined && { tick: first }),
        ...(failure && { asset: failure.asset.uri, err: failure.error }),
      });
    }
    case "corrected":
      return line("warn", "decoder was late and sought ahead", { tick: event.tick, asset: event.uri });
    case "decoder-stuck":
      return line("error", "decoder does not close", { asset: event.uri, decoder: event.decoderIndex });
    case "ticks-skipped":
      return line("warn", "ticks were too late", { tick: event.from, ticks: event.ticks });
    case "stand-in-began":
      // An asset of sound alone has the slate for its picture: nothing that anyone should look at.
      return line(event.reason === "soundOnly" ? "info" : "warn", "stand-in began", {
        tick: event.tick,
        kind: event.kind,
        reason: event.reason,
      });
    case "stand-in-changed":
      // One line per episode; the record has each part of it.
      return line("debug", "stand-in changed", { tick: event.tick, kind: event.kind, reason: event.reason });
    case "stand-in-ended":
      return line("info", "stand-in ended", { tick: event.tick, ticks: event.ticks });
    case "refused":
      return line("warn", "tick refused", { tick: event.tick, why: event.why });
  }
}

const ms = (ns: bigint): number => Number(ns / 1_000_000n);
