// The site and a browser for all tests of a file, and a visit to a page of it.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { BROWSER, launch } from "./browsers.mjs";
import { openPage } from "./pages.mjs";
import { serve } from "./server.mjs";
import { siteFolder } from "./site.mjs";

/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {{folder: string, server: import("./server.mjs").Server, browser: import("./browsers.mjs").Browser}} Here there once the tests run */

/** Where a page is offered that has no service worker yet. */
const NO_WORKER_YET = /sw\.js|bad HTTP response code \(404\)/;
/** What Firefox says, too, of a preview whose page or place is left while its engine starts: its requests end in nothing. */
export const PREVIEW_LEFT = new RegExp(
  `${NO_WORKER_YET.source}|ServiceWorker intercepted the request|error loading dynamically imported module`,
);
const ENGINE = /asm\.wasm/;

/** @param {Parameters<typeof serve>[1]} options */
export function visiting(options = { prefix: "/some/path/" }) {
  const here = /** @type {Here} */ ({});
  before(async () => {
    here.folder = await siteFolder();
    here.server = await serve(here.folder, options);
    here.browser = await launch(BROWSER);
  });
  after(async () => {
    await here.browser?.close();
    await here.server?.stop();
  });

  /**
   * @param {string} address
   * @param {(page: Page, errors: string[]) => Promise<unknown>} look
   * @param {Parameters<typeof openPage>[2] & {expected?: RegExp, profile?: Parameters<typeof openPage>[0]}} options
   *   `expected`: errors that belong to what is tested
   */
  async function visit(address, look, { expected = NO_WORKER_YET, profile = here.browser, ...options } = {}) {
    const { page, errors } = await openPage(profile, here.server.url + address, options);
    try {
      await look(page, errors);
    } finally {
      await page.close();
    }
    assert.deepEqual(
      errors.filter((error) => !expected.test(error)),
      [],
    );
  }

  /** A visit by somebody who was never here: nothing is kept yet. @type {typeof visit} */
  async function firstVisit(address, look, options = {}) {
    const profile = await here.browser.createBrowserContext();
    try {
      await visit(address, look, { ...options, profile });
    } finally {
      await profile.close();
    }
  }

  /**
   * A first visit to a page whose engine comes no earlier than it is let in.
   *
   * @param {string} address
   * @param {(page: Page, letEngineIn: () => void) => Promise<unknown>} look
   * @param {Parameters<typeof visit>[2]} options
   */
  async function visitBeforeEngine(address, look, options = {}) {
    here.server.slow.push(ENGINE);
    const letEngineIn = () => void here.server.slow.splice(0);
    try {
      await firstVisit(address, (page) => look(page, letEngineIn), options);
    } finally {
      letEngineIn();
    }
  }
  return { here, visit, firstVisit, visitBeforeEngine };
}
