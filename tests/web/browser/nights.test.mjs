// A night of decisions, replayed from its link in the browser's engine: the same bytes as in CPython, and the same score.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesOf, parse } from "../../../web/build/content.mjs";
import { CHECKOUT } from "../../../web/build/paths.mjs";
import { bootEngine } from "./helpers/engine.mjs";
import { openPage } from "./helpers/pages.mjs";
import { visiting } from "./helpers/visiting.mjs";

const night = parse(bytesOf(`${CHECKOUT}/tests/golden/night.json`));
const source = new TextDecoder().decode(bytesOf(`${CHECKOUT}/tests/nights.py`));

/** Runs in the page, whose engine is booted on its own thread. @param {string} module @param {string} query */
function replay(module, query) {
  const pyodide = /** @type {any} */ (window).booted;
  pyodide.FS.writeFile("/home/pyodide/nights.py", module);
  return Object.fromEntries(pyodide.pyimport("nights").replayed(query).toJs());
}

describe("a night on call", () => {
  const { here } = visiting();

  it("is the same from its link", async () => {
    here.server.pages.set("/nights", "<!doctype html><title>nights</title>");
    const { page } = await openPage(here.browser, `${here.server.url}nights`);
    await bootEngine(page);
    const { query, ...told } = night;
    assert.deepEqual(await page.evaluate(replay, source, query), told);
    await page.close();
  });
});
