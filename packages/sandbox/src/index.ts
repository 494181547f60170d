export {
  type Confinement,
  confinedFolders,
  launcherArguments,
  launcherPath,
  type PathGrant,
  type PathUse,
} from "./confinement.js";
export { probeSandbox, readReport, type SandboxStep, type StepName, stepNames } from "./report.js";
