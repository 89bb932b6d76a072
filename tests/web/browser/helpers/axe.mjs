// What axe finds in a page as it is now.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @param {{evaluate: (run: any) => Promise<any>}} page @returns {Promise<string[]>} its violations */
export async function axe(page) {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, { iframes: false });
    return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  });
}
