// One browser and one host of the site for a test file.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { serve } from "../../browser/helpers/server.mjs";
import { siteFolder } from "../../browser/helpers/site.mjs";
import { launch } from "./webkit.mjs";

/** @typedef {import("./view.mjs").View} View */

/** @param {Parameters<typeof launch>[0]} wishes */
export function useWebKit(wishes = {}) {
  /** @type {import("./webkit.mjs").Browser} */
  let browser;
  /** @type {import("../../browser/helpers/server.mjs").Server} */
  let server;
  before(async () => {
    server = await serve(await siteFolder(), { prefix: "/some/path/" });
    browser = await launch(wishes);
  });
  after(async () => {
    await browser?.stop();
    await server?.stop();
  });
  return {
    server: () => server,
    /** @param {string} query @param {(view: View) => Promise<unknown>} look */
    visit: async (query, look) => {
      const { view } = browser;
      await view.goto(server.url + query);
      await look(view);
      assert.deepEqual(await view.errors(), []);
    },
  };
}
