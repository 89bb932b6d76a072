// The second visit: everything comes from the service worker's cache, with the host gone.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { BROWSER, launch } from "./helpers/browsers.mjs";
import { engineReady, openPage, place, textOf, until } from "./helpers/pages.mjs";
import { serve } from "./helpers/server.mjs";
import { siteFolder } from "./helpers/site.mjs";

it("reloads and plays offline", async (t) => {
  const folder = await siteFolder();
  if (!existsSync(join(folder, "sw.js"))) return t.skip("this site has no service worker");
  const server = await serve(folder, { prefix: "/deep/down/" });
  const browser = await launch(BROWSER);
  t.after(async () => {
    await browser.close();
    await server.stop();
  });
  const { page } = await openPage(browser, server.url);
  await engineReady(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.close();
  await server.stop();

  for (const query of ["", "?seed=7", "?preset=none-such"]) {
    const { page: again } = await openPage(browser, server.url + query);
    await until(async () => (await textOf(again)) !== "", `${query}: text`);
    await engineReady(again);
    const before = await place(again);
    await until(async () => (await place(again)) > before, `${query}: goes on`);
    await again.close();
  }
  assert.ok(true);
});
