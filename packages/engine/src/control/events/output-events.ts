import { create } from "@bufbuild/protobuf";
import { OutputChangedSchema, ProcessKind, WorkerReplacedSchema } from "@retrovue/protocol";
import type { OutputEvent } from "../../outputs/output-events.js";
import type { EventBody } from "./event-log.js";

/** What happened to a channel's outputs, as an event. */
export function outputBodyOf(event: OutputEvent): EventBody {
  switch (event.type) {
    case "output-changed": {
      const { output, change, peer, dropped } = event;
      return {
        case: "outputChanged",
        value: create(OutputChangedSchema, { output, change, peer, dropped: BigInt(dropped) }),
      };
    }
    case "renderer-replaced": {
      const { cause, pidFrom = 0, pidTo = 0 } = event;
      return {
        case: "workerReplaced",
        value: create(WorkerReplacedSchema, { process: ProcessKind.RENDERER, cause, pidFrom, pidTo }),
      };
    }
  }
}
