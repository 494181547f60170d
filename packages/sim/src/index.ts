export { Violation } from "./check/violation.js";
export { type Mutation, untouched } from "./mutants/mutation.js";
export { World, type WorldOptions, type WorldReport } from "./world/world.js";
