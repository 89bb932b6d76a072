/** The unit tests of the page's own logic: in Node, with jsdom where a document is needed. They need no built site. */

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = dirname(fileURLToPath(import.meta.url));
const tests = resolve(here, "../tests/web/unit");

export default defineConfig({
  root: tests,
  resolve: {
    alias: {
      "virtual:engine-manifest": resolve(tests, "helpers/manifest.ts"),
      "virtual:offered": resolve(tests, "helpers/offered.ts"),
      "virtual:site": resolve(tests, "helpers/site.ts"),
    },
  },
  test: {
    include: ["**/*.test.ts"],
    environment: "node", // a test that needs a document says so in its first line
    setupFiles: [resolve(tests, "helpers/document.ts")],
    restoreMocks: true,
  },
});
