// The site under test: the finished one in site/, or wherever PYSIM_SITE says.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SITE_FOLDER } from "../../../../web/build/paths.mjs";

/** @returns {Promise<string>} the folder */
export async function siteFolder() {
  if (!existsSync(join(SITE_FOLDER, "index.html"))) throw new Error(`${SITE_FOLDER} is not built: run make site first`);
  return SITE_FOLDER;
}

/** The presets that the site has recordings of. @param {string} folder @returns {Promise<string[]>} */
export async function presetsOf(folder) {
  const assets = join(folder, "assets");
  const scripts = readdirSync(assets).map((name) => readFileSync(join(assets, name), "utf8"));
  const names = scripts.flatMap((text) =>
    [...text.matchAll(/[{,]["']?preset["']?:["'`]([\w.-]+)["'`]/g)].map(([, name]) => name),
  );
  return [...new Set(names)];
}
