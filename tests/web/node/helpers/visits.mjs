// Shows as the page's worker plays them: through Pyodide's proxies, with commands that wait for nothing.

import { FORESEEN } from "../../../../web/src/engine/foreseen.mjs";

/** @type {Record<typeof FORESEEN[number], string[]>} */
const ARGUMENTS = {
  pause: [""],
  resume: [""],
  speed: ["100"],
  resize: ["90x28"],
  loop: ["1"],
  seek: ["7200"],
  "seek-fraction": ["0.5"],
  skip: ["-5"],
  chapter: ["1"],
  restart: [""],
};
const CURVE_POINTS = 60;

const SHOWS = `
import json
from pysim.pretraining.planning.presets import presets
json.dumps(["", *(f"?preset={name}" for name in presets())])
`;

/** The default show, and all presets. @param {import("../../../../web/build/interpreter.mjs").Pyodide} pyodide @returns {string[]} */
export const shows = (pyodide) => JSON.parse(pyodide.runPython(SHOWS));

/**
 * What the page gets to see of a show.
 * @param {import("../../../../web/build/interpreter.mjs").Pyodide} pyodide
 * @param {string} query
 */
export function played(pyodide, query) {
  const session = pyodide.pyimport("pysim.edge.browser").open_show(query, 100, 30, 0);
  const sliced = (/** @type {any} */ work) => {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  };
  const texts = [session.problems, session.frame(0), session.frame(1.5), sliced(session.framing(0.5))];
  texts.push(session.state(), sliced(session.telling_story(CURVE_POINTS)));
  for (const name of FORESEEN) {
    for (const argument of ARGUMENTS[name]) texts.push(session.command(name, argument), session.frame(0.5));
    texts.push(session.state(), session.news());
  }
  session.destroy();
  return texts;
}
