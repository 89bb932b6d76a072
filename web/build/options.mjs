// options.json for the settings form, as pysim itself describes its options.

import { remembered } from "./content.mjs";

const ASK = `
import json
from pysim.edge import browser
json.dumps(json.loads(browser.options_schema()), sort_keys=True)
`;

/**
 * @param {() => Promise<import("./interpreter.mjs").Pyodide>} interpreter
 * @param {string} version of the engine
 */
export const optionsJson = (interpreter, version) =>
  remembered("options.json", [ASK, version], async () =>
    new TextEncoder().encode((await interpreter()).runPython(ASK)),
  );

/**
 * The names of the presets, in the order of the form.
 * @param {{presets: {name: string}[]}} schema
 */
export const presetsOf = ({ presets }) => presets.map(({ name }) => name);
