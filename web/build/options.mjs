// options.json for the settings form, as pysim itself describes its options, and posters.json of its presets' runs.

import { remembered } from "./content.mjs";

const ASK = `
import json
from pysim.edge import beforehand
json.dumps(json.loads(beforehand.options_schema()), sort_keys=True)
`;

/**
 * @param {() => Promise<import("./interpreter.mjs").Pyodide>} interpreter
 * @param {string} version of the engine
 */
export const optionsJson = (interpreter, version) =>
  remembered("options.json", [ASK, version], async () =>
    new TextEncoder().encode((await interpreter()).runPython(ASK)),
  );

const POSTER_POINTS = 160;
const ASK_POSTERS = `
import json
from pysim.edge import beforehand
from pysim.pretraining.planning.presets import presets
queries = {"": "", **{name: "?preset=" + name for name in presets()}}
json.dumps({name: json.loads(beforehand.poster(query, ${POSTER_POINTS})) for name, query in queries.items()})
`;

/**
 * What is known of every preset's run, so that something stands behind the play button where nothing is recorded.
 * @param {() => Promise<import("./interpreter.mjs").Pyodide>} interpreter
 * @param {string} version of the engine
 */
export const postersJson = (interpreter, version) =>
  remembered("posters.json", [ASK_POSTERS, version], async () =>
    new TextEncoder().encode((await interpreter()).runPython(ASK_POSTERS)),
  );

/**
 * The names of the presets, in the order of the form.
 * @param {{presets: {name: string}[]}} schema
 */
export const presetsOf = ({ presets }) => presets.map(({ name }) => name);
