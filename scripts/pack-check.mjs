// pnpm pack:check: looks at the packages as they would be published. Run by the pinned Node, after a build.
import { checkPackages } from "./pack/check-packages.mjs";

const faults = await checkPackages();
for (const fault of faults) console.error(fault);
console.error(faults.length === 0 ? "The packages can be published." : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
