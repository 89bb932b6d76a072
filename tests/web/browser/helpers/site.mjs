// The site under test: the finished one in site/, or (PYSIM_STAND_IN=1) the page over a stand-in engine.

import { cpSync, existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { makeStandIn } from "../stand-in/make.mjs";

const CHECKOUT = new URL("../../../../", import.meta.url);
const inCheckout = (/** @type {string} */ path) => fileURLToPath(new URL(path, CHECKOUT));

/** @returns {Promise<string>} the folder */
export async function siteFolder() {
  if (process.env.PYSIM_STAND_IN) return await standInSite();
  const folder = process.env.PYSIM_SITE ?? inCheckout("site");
  if (!existsSync(join(folder, "index.html"))) throw new Error(`${folder} is not built: run make site first`);
  return folder;
}

async function standInSite() {
  const folder = mkdtempSync(join(tmpdir(), "pysim-stand-in-"));
  const [engine, site] = [join(folder, "engine"), join(folder, "site")];
  makeStandIn(engine);
  process.env.PYSIM_ENGINE = engine;
  process.env.PYSIM_SITE = site;
  await build({ configFile: inCheckout("web/vite.config.ts"), logLevel: "error" });
  cpSync(engine, join(site, "engine"), { recursive: true });
  return site;
}

/** The presets that the site has recordings of. @param {string} folder @returns {Promise<string[]>} */
export async function presetsOf(folder) {
  const { readdirSync, readFileSync } = await import("node:fs");
  const assets = join(folder, "assets");
  const scripts = readdirSync(assets).map((name) => readFileSync(join(assets, name), "utf8"));
  const names = scripts.flatMap((text) =>
    [...text.matchAll(/[{,]["']?preset["']?:["'`]([\w.-]+)["'`]/g)].map(([, name]) => name),
  );
  return [...new Set(names)];
}
