// Runs files of tests one after the other. Firefox is started once for all, and each has a profile of its own in it: it takes longer
// to start than many a file. Chromium starts at once, and what it has compiled it keeps in the first profile only.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { BROWSER, start } from "./browsers.mjs";

const shared = BROWSER === "firefox" ? await start(BROWSER) : null;
const at = shared === null ? {} : { PYSIM_BROWSER_AT: shared.wsEndpoint() };
await shared?.disconnect(); // it listens to one at a time
const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", ...process.argv.slice(2)], {
  env: { ...process.env, ...at },
  stdio: "inherit",
});
const [status] = await once(tests, "close");
shared?.process()?.kill();
process.exitCode = status ?? 1;
