// The second visit in WebKit: everything comes from the service worker's cache, with the host gone.

import assert from "node:assert/strict";
import { it } from "node:test";
import { engineReady, place, textOf, until } from "../browser/helpers/pages.mjs";
import { useWebKit } from "./helpers/visit.mjs";

const SLOW = 60;

const { visit, server } = useWebKit();

it("reloads and plays offline", async () => {
  await visit("", async (view) => {
    await engineReady(view);
    assert.equal(await view.evaluate(() => navigator.serviceWorker.ready.then(() => true)), true);
  });
  await server().stop();
  await assert.rejects(fetch(server().url));
  for (const query of ["", "?seed=7"]) {
    await visit(query, async (view) => {
      await until(async () => (await textOf(view)) !== "", `${query}: text`);
      await engineReady(view);
      const before = await place(view);
      await until(async () => (await place(view)) > before, `${query}: goes on`, SLOW);
    });
  }
});
