import { type Fault, type FileMap, filesMatching, lineAt } from "./file-map.ts";
import { blanked } from "./source-text.ts";

/** A call that has a place of its own. */
interface Ban {
  readonly call: RegExp;
  /** Paths that the ban covers. */
  readonly within: RegExp;
  /** Paths where the call is at home, with why. */
  readonly except: readonly { readonly path: RegExp; readonly because: string }[];
  readonly instead: string;
}

const shipped = /^packages\/[^/]+\/src\/(?!.*\.test\.ts$).+\.[cm]?tsx?$/;
const shippedOrTest = /^packages\/[^/]+\/(?:src|test)\/.+\.[cm]?tsx?$/;
/** The contract suites must end though what they examine hangs, and vary their seeds from run to run. */
const inSuites = {
  path: /^packages\/plugin-contract\/src\/framework\//,
  because: "a suite's patience with a foreign implementation is real time",
};
const inClock = { path: /^packages\/[^/]+\/src\/clock\//, because: "a clock is where time comes from" };
const inCli = {
  path: /^packages\/engine\/src\/cli\//,
  because: "the command line talks to people and exits",
};
const inConsole = { path: /^packages\/console\//, because: "a page in a browser has no channel clock" };

const inServers = {
  path: /^packages\/(?:transport-(?:grpc|connect)|protocol\/src\/serving)\//,
  because: "callers' deadlines, and connections that are let go, are real time",
};
const inClient = { path: /^packages\/client\//, because: "a scheduler's program has a time of its own" };

export const bans: readonly Ban[] = [
  {
    call: /\bDate\.now\s*\(|\bnew Date\s*\(\s*\)|\bperformance\.now\s*\(|\bprocess\.hrtime\b/g,
    within: shippedOrTest,
    except: [inClock, inConsole, inSuites, inServers, inClient],
    instead: "time comes from the channel's Clock",
  },
  {
    call: /(?<![.\w])(?:setTimeout|setInterval)\s*\(/g,
    within: shippedOrTest,
    except: [inClock, inConsole, inSuites, inServers, inClient],
    instead: "wait with Clock.sleepUntil; tests advance a manual clock and never sleep",
  },
  {
    call: /\bprocess\.exit\s*\(/g,
    within: shipped,
    except: [inCli],
    instead: "throw a PlayoutError; only the command line ends the process",
  },
  {
    call: /\bconsole\.\w+\s*\(/g,
    within: shipped,
    except: [inCli, inConsole],
    instead: "write through the log that the engine hands in",
  },
  {
    call: /\bMath\.random\s*\(/g,
    within: shippedOrTest,
    except: [],
    instead: "take a seeded source, so that a failure can be replayed; ids come from crypto",
  },
  {
    call: /\binstanceof\s+PlayoutError\b/g,
    within: shipped,
    except: [],
    instead: "ask PlayoutError.is: a plugin may bring its own copy of the core",
  },
  {
    call: /\b(?:test|it|describe)\.only\s*\(/g,
    within: /\.test\.ts$/,
    except: [],
    instead: "remove .only, which keeps all other tests from running",
  },
];

/** Places that may switch a check off, by the check: each has its reason in the code beside it. */
const exemptions: readonly { readonly mark: RegExp; readonly where: RegExp }[] = [
  {
    mark: /biome-ignore(?:-all)? lint\/suspicious\/noExplicitAny/g,
    where: /^packages\/core\/src\/plugin\/plugin\.ts$/,
  },
  { mark: /@ts-(?:ignore|nocheck)\b/g, where: /^$/ },
];

/** `any`, or types not checked at all, where no one agreed to it. Biome finds `any`; this finds who told it not to. */
export function exemptionFaults(files: FileMap): Fault[] {
  const faults: Fault[] = [];
  for (const [path, text] of filesMatching(files, /^(?:packages|scripts)\/(?!tidy).*\.[cm]?[jt]sx?$/)) {
    for (const { mark, where } of exemptions) {
      if (where.test(path)) continue;
      for (const match of text.matchAll(mark)) {
        const message = `"${match[0]}" switches a check off; solve it, or list this file in scripts/tidy/banned-calls.ts`;
        faults.push({ path, line: lineAt(text, match.index), message });
      }
    }
  }
  return faults;
}

/** Calls outside the places that they belong to. */
export function bannedCallFaults(files: FileMap, list: readonly Ban[] = bans): Fault[] {
  const faults: Fault[] = [];
  for (const [path, source] of filesMatching(files, /\.[cm]?tsx?$/)) {
    const covering = list.filter(
      ({ within, except }) => within.test(path) && !except.some((it) => it.path.test(path)),
    );
    if (covering.length === 0) continue;
    const text = blanked(source, "comments and strings");
    for (const { call, instead } of covering) {
      for (const match of text.matchAll(call)) {
        const word = match[0].replace(/\s*\($/, "").trim();
        faults.push({ path, line: lineAt(text, match.index), message: `${word} is banned here: ${instead}` });
      }
    }
  }
  return faults;
}
