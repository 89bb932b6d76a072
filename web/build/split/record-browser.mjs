// Adds to the lists of hot functions what a browser calls:  node web/build/split/record-browser.mjs   (make hot)
//
// Browsers call a few functions of the interpreter that Node does not: another way to read files, another language. A copy of the
// site, built with ENGINE=small, gets modules that record, and a worker that sends home what they wrote down.

import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../../tests/web/browser/helpers/browsers.mjs";
import { serve } from "../../../tests/web/browser/helpers/server.mjs";
import { bytesOf, write } from "../content.mjs";
import { readManifest } from "../engine.mjs";
import { SITE_FOLDER } from "../paths.mjs";
import { program } from "../script.mjs";
import { addToHot } from "./hot.mjs";
import { countsOf, found, modulesOf, recordingModules } from "./record.mjs";

/** Of those that wait for nothing (web/src/engine/unforeseen.ts). */
const QUERIES = ["", "?preset=classic", "?preset=night-shift"];
const REPORTS = 3; // of a visit, so that it plays for some seconds
const REPORT_MILLISECONDS = 3000;

/** Runs in the worker before anything else: what recorders export is sent home now and then. @param {string} home */
const reporter = (home) => `{
  const instances = [];
  const noted = (exports) => {
    if (Object.keys(exports).some((name) => name.startsWith("$recorder:"))) instances.push(exports);
  };
  const { Instance } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, { construct(_, given) {
    const made = new Instance(...given);
    noted(made.exports);
    return made;
  } });
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      noted((made.instance ?? made).exports);
      return made;
    };
  }
  const told = (exports) => Object.fromEntries(Object.entries(exports).filter(([name]) => name.startsWith("$recorder:")).map(
    ([name, { value }]) => [name, value]));
  setInterval(() => fetch("${home}", { method: "POST", body: JSON.stringify(instances.map(told)) }), ${REPORT_MILLISECONDS});
}
`;

const ofSite = (/** @type {string} */ path) => bytesOf(join(SITE_FOLDER, path));

/** A copy of the site that records. @param {string} home */
function recordingSite(home) {
  const folder = mkdtempSync(join(tmpdir(), "pysim-recording-"));
  cpSync(SITE_FOLDER, folder, { recursive: true });
  rmSync(join(folder, "sw.js"), { force: true });
  const manifest = readManifest();
  if (manifest.cold) throw new Error("the modules are halves already: build the site with ENGINE=small");
  rmSync(join(folder, manifest.later.path)); // it is laid out once the second half is here
  for (const [path, bytes] of recordingModules(manifest, ofSite, false)) write(join(folder, path), bytes);
  for (const name of readdirSync(join(folder, "assets")).filter((each) => /^worker-.*\.js$/.test(each))) {
    const path = join(folder, "assets", name);
    write(path, `${reporter(home)}${Buffer.from(bytesOf(path)).toString()}`);
  }
  return { folder, manifest };
}

/** Whoever the workers report to. @param {(reports: Record<string, any>[]) => void} listener */
async function listening(listener) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.writeHead(200, { "access-control-allow-origin": "*" }).end();
    if (request.method === "POST") listener(JSON.parse(Buffer.concat(parts).toString()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  server.unref(); // an error ends the program
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { home: `http://127.0.0.1:${port}/`, stop: () => server.close() };
}

/** @param {Record<string, number>} report as `calledFunctions` reads an instance's exports */
const exportsOf = (report) => Object.fromEntries(Object.entries(report).map(([name, value]) => [name, { value }]));

/** @param {"chrome" | "firefox"} which */
async function record(which) {
  /** @type {(reports: Record<string, any>[]) => void} */
  let heard = () => {};
  const { home, stop } = await listening((reports) => heard(reports));
  const { folder, manifest } = recordingSite(home);
  const server = await serve(folder);
  const browser = await launch(which);
  try {
    for (const query of QUERIES) {
      const page = await browser.newPage();
      const last = new Promise((resolve) => {
        let count = 0;
        heard = (reports) => {
          if (reports.length === modulesOf(manifest).length) count += 1;
          if (count === REPORTS) resolve(reports);
        };
      });
      await page.goto(`${server.url}${query}`);
      const list = found(manifest, ofSite, /** @type {Record<string, any>[]} */ (await last).map(exportsOf));
      console.log(`${which} ${query}: ${countsOf(list)}`);
      addToHot(list);
      await page.close();
    }
  } finally {
    await browser.close();
    await server.stop();
    stop();
    rmSync(folder, { recursive: true });
  }
}

await program(import.meta, async () => {
  for (const which of /** @type {const} */ (["chrome", "firefox"])) await record(which);
});
