/**
 * What the check reads of a package.json.
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {boolean} [private]
 * @property {string} [description]
 * @property {string} [license]
 * @property {Record<string, unknown>} [exports]
 * @property {Record<string, string>} [dependencies]
 */

/** The condition under which the workspace's own tools read sources instead of what is built. */
const sourceCondition = "@retrovue/source";

/** Sources that have a built form, tests and benches. The C++ of an addon is built where it is installed. */
const strangersNeedNot = /\.test\.|\.map$|^src\/.*\.tsx?$|^(?:test|bench)\//;

/**
 * What is wrong with a package as it would be published.
 *
 * @param {Manifest} manifest as it lies in the tarball
 * @param {readonly string[]} files paths in the tarball, relative to the package
 * @returns {string[]}
 */
export function manifestFaults(manifest, files) {
  const faults = [];
  const there = new Set(files);
  for (const [entry, target] of targetsOf(manifest.exports ?? {})) {
    if (entry.includes(sourceCondition)) {
      faults.push(`exports ${entry}: leave the condition out under publishConfig.exports`);
    } else if (!there.has(target.replace(/^\.\//, ""))) {
      faults.push(`exports ${entry} names ${target}, which is not packed; see "files"`);
    }
  }
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    if (version.startsWith("workspace:"))
      faults.push(`depends on ${name} of "${version}"; pack it with pnpm`);
  }
  for (const path of files) {
    if (strangersNeedNot.test(path)) faults.push(`${path} is of no use to others; see "files"`);
  }
  if (!there.has("LICENSE")) faults.push("has no LICENSE");
  for (const key of /** @type {const} */ (["description", "license"])) {
    if (!manifest[key]) faults.push(`has no ${key}`);
  }
  return faults;
}

/**
 * Every file that `exports` names, with the way to it: `. > types`.
 *
 * @param {Record<string, unknown>} exports
 * @returns {[entry: string, target: string][]}
 */
function targetsOf(exports) {
  return Object.entries(exports).flatMap(([key, value]) => {
    if (typeof value === "string") return [/** @type {[string, string]} */ ([key, value])];
    const inner = targetsOf(/** @type {Record<string, unknown>} */ (value));
    return inner.map(([rest, target]) => /** @type {[string, string]} */ ([`${key} > ${rest}`, target]));
  });
}

/**
 * The names by which others import a package's entries.
 *
 * @param {Manifest} manifest
 */
export const entriesOf = ({ name, exports = {} }) =>
  Object.keys(exports)
    .filter((entry) => !entry.endsWith(".json"))
    .map((entry) => (entry === "." ? name : `${name}/${entry.slice("./".length)}`));
