// The same sources make the same site, byte for byte: who builds it himself can compare.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileHash, tree } from "../../../web/build/content.mjs";
import { CHECKOUT } from "../../../web/build/paths.mjs";
import { temporaryFolder } from "./helpers/built.mjs";

const IS_THOROUGH = process.env.PYSIM_THOROUGH === "1";

/** The hashes of all files of a site that is built in a process of its own. @param {Record<string, string>} places */
function built(places) {
  execFileSync(process.execPath, [join(CHECKOUT, "web/build/site.mjs")], {
    env: { ...process.env, ...places },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return Object.fromEntries([...tree(places.PYSIM_SITE ?? "")].map(([name, bytes]) => [name, fileHash(bytes)]));
}

test("two builds are alike, of which one knows nothing of the other", {
  skip: !IS_THOROUGH && "the hunt does it",
}, () => {
  const [one, other] = ["one", "other"].map((name) => {
    const folder = join(temporaryFolder(), name);
    return {
      PYSIM_SITE: join(folder, "site"),
      PYSIM_ENGINE: join(folder, "engine"),
      PYSIM_CACHE: join(folder, "cache"),
    };
  });
  const { PYSIM_CACHE: _, ...kept } = one ?? {};
  const [first, second] = [built(kept), built(other ?? {})]; // the first takes what earlier builds left
  assert.ok(Object.keys(first).length > 100);
  assert.deepEqual(second, first);
});
