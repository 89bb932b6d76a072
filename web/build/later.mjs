// The second archive of the page: what no first frame needs is not in the first load.
//
// `LATER` says what belongs there: patterns over the files that make the wheel (project.mjs). Those files are left out of the
// wheel and packed beside it, in the same way: bytecode without line numbers, tables as JSON. The manifest names the archive
// and the folder that it is laid out in; the service worker keeps it like everything else. In the page Python imports its
// modules and reads its tables as if they had always been there, once it is laid out (`layOut` in web/src/engine/boot.mjs):
// in the background once a run plays, or as soon as something is asked for that misses one of them (web/src/engine/inbox.ts).
// The rule for modules that import from it: inside the function that needs it, and before that function changes anything, since
// it is called again once the archive is there. What is imported at a module's top, by whatever the page imports at its
// start, belongs into the wheel. A pattern may match nothing.

import { sitePackages } from "./snapshot.mjs";

export const LATER = [
  /^pysim\/show\/cast\.py$/,
  /^pysim\/edge\/beforehand\.py$/, // what only the build asks
  /^pysim\/edge\/inquiry\.py$/, // what pages around an embed ask
  /^pysim\/views\/dashboard\/(?!__init__|figures)/, // one still screen; the page starts with the log
  /^pysim\/(views\/(jsonlines|describe)|pretraining\/describe)\.py$/, // the run as data, and words about a plan: no picture of a run
  /^pysim\/(views\/compare\/|pretraining\/weighing\.py$|edge\/(comparing|weighing)\.py$)/, // a run beside others
  /^pysim\/(pretraining\/(deciding|scoring|suspecting|run\/duty)|catalog\/oncall)\.py$/, // a run in which somebody decides
  /^pysim\/data\/(oncall|scenarios)\.toml$/,
  /^pysim\/views\/dialects\/(?!__init__|table|needs)/, // other programs' words; the table of them is needed for their names
  /^pysim\/views\/explain/,
  /^pysim\/show\/looking\.py$/,
  /^pysim\/pretraining\/explaining\//,
  /^pysim\/catalog\/explanations\.py$/,
  /^pysim\/data\/explanations\.toml$/,
];

/**
 * The names, as the sources' wheel has them, of what belongs there.
 * @param {Map<string, Uint8Array>} project
 * @param {RegExp[]} patterns
 */
export const laterFiles = (project, patterns = LATER) =>
  [...project.keys()]
    .filter((name) => patterns.some((pattern) => pattern.test(name)))
    .map((name) => name.replace(/\.toml$/, ".json"))
    .sort();

/** Where it is laid out: where the wheel is. */
export const laterFolder = sitePackages;
