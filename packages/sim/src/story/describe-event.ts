import type { SupervisorEvent, Tick } from "@retrovue/core";

/** What a supervisor tells, in words. `name` names a tick. */
export function describeEvent(event: SupervisorEvent, name: (tick: Tick) => string): string {
  switch (event.type) {
    case "segment-began":
      return `segment ${event.place.segment.id.slice(-6)} begins at ${name(event.tick)}: ${event.place.segment.asset?.uri ?? "pad"}${event.ready ? "" : " (not ready)"}`;
    case "preparation":
      return `segment ${event.segmentId.slice(-6)} ${event.first === undefined ? "in the shadow" : `for ${name(event.first)}`}: ${event.state}`;
    case "source-failed": {
      const { failure } = event;
      const next =
        failure.retry === undefined
          ? "the next decoder is tried"
          : `again in ${failure.retry.afterNs / 1_000_000n} ms`;
      return `${failure.asset.uri} failed (${failure.reason}): ${failure.error.message} ${next}`;
    }
    case "decoder-changed":
      return `segment ${event.segmentId.slice(-6)} is played by ${event.to.name} from ${name(event.tick)}, not by ${event.from.name}: ${event.reason}`;
    case "decoder-on-air":
      return `pictures of decoder ${event.decoderIndex ?? "none"} from ${name(event.tick)}`;
    case "stand-in-began":
      return `stand-in begins at ${name(event.tick)}: ${event.kind} because ${event.reason}`;
    case "stand-in-changed":
      return `stand-in goes on at ${name(event.tick)}: ${event.kind} because ${event.reason}`;
    case "stand-in-ended":
      return `stand-in ends at ${name(event.tick)} after ${event.ticks} ticks`;
    case "state":
      return `channel ${event.from} -> ${event.to}`;
    case "worker-replaced":
      return `worker replaced (${event.cause}) from ${name(event.from)}${event.barred.length > 0 ? `, barred ${event.barred.join(", ")}` : ""}`;
    case "plan-applied":
      return `plan revision ${event.revision} applied`;
    case "worker-began":
      return `worker begins at ${name(event.tick)}`;
    case "worker-delayed":
      return `next worker in ${event.afterNs / 1_000_000n} ms`;
    case "ticks-skipped":
      return `${event.ticks} ticks from ${name(event.from)} were too late`;
    case "corrected":
      return `${event.uri} was late and sought ahead`;
    case "decoder-stuck":
      return `decoder ${event.decoderIndex} does not let go of ${event.uri}`;
    case "refused":
      return `${name(event.tick)} was refused: ${event.why}`;
  }
}
