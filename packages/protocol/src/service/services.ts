import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { MasterClock } from "../gen/retrovue/master_clock_pb.js";
import { PlayoutControl } from "../gen/retrovue/playout_pb.js";
import { PlayoutPlans } from "../gen/retrovue/playout_plans_pb.js";
import { PlayoutStatus } from "../gen/retrovue/playout_status_pb.js";

/** Every service of the control API: what a transport serves. */
export const services: readonly DescService[] = Object.freeze([
  PlayoutControl,
  PlayoutPlans,
  PlayoutStatus,
  MasterClock,
]);

/** A method's full name, as `retrovue.playout.PlayoutControl/StartChannel`: how `ControlServices` and HTTP paths call it. */
export const methodName = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

/** Every method of the control API by its full name. */
export const methods: ReadonlyMap<string, DescMethod> = new Map(
  services.flatMap((service) => service.methods.map((method) => [methodName(method), method] as const)),
);
